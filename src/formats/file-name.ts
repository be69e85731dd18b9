import { architectureName } from '../network/architecture.js';
import type { NetworkRequest } from './provenance.js';

/**
 * `wdbc-30-16-16-2-seed7`: the name of a job's files without index and extension. What takes
 * standardised features ends in `-separate`, lest it pass for the file that takes raw ones.
 */
export function jobName({ flow, architecture, seed, inputScaling }: NetworkRequest): string {
  const inputs = inputScaling === 'separate' ? '-separate' : '';
  return `${flow}-${architectureName(architecture)}-seed${String(seed)}${inputs}`;
}

/** `wdbc-30-16-16-2-seed7-0.onnx`; without the index where `count`, all networks, is 1. */
export function networkFileName(request: NetworkRequest, count: number, index: number): string {
  const suffix = count > 1 ? `-${String(index)}` : '';
  return `${jobName(request)}${suffix}.${request.format}`;
}
