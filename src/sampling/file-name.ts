import { formatLayers } from '../architecture/architecture.js';
import type { SampleJob } from './contracts.js';

/**
 * `wdbc-30-16-16-2-seed7`: the name of a job's files without index and extension. What takes
 * standardised features ends in `-separate`, lest it pass for the file that takes raw ones.
 */
export function jobName({ flow, architecture, seed, inputScaling }: SampleJob): string {
  const inputs = inputScaling === 'separate' ? '-separate' : '';
  return `${flow}-${formatLayers(architecture.layers)}-seed${String(seed)}${inputs}`;
}

/** `wdbc-30-16-16-2-seed7-0.onnx`; without the index where the job has one network only. */
export function networkFileName(job: SampleJob, index: number): string {
  const suffix = job.count > 1 ? `-${String(index)}` : '';
  return `${jobName(job)}${suffix}.${job.format}`;
}
