import { architectureName } from '../network/architecture.js';
import { fileFormat } from './network-format.js';
import type { NetworkRequest } from './provenance.js';

/**
 * `wdbc-30-16-16-2-seed7`: the name of a job's files without index and extension. `-separate` at
 * the end marks networks that take standardised features.
 */
export function jobName({ flow, architecture, seed, inputScaling }: NetworkRequest): string {
  const inputs = inputScaling === 'separate' ? '-separate' : '';
  return `${flow}-${architectureName(architecture)}-seed${String(seed)}${inputs}`;
}

/** `wdbc-30-16-16-2-seed7-0.onnx`; without the index if `count` is 1. */
export function networkFileName(request: NetworkRequest, count: number, index: number): string {
  const suffix = count > 1 ? `-${String(index)}` : '';
  return `${jobName(request)}${suffix}${fileFormat(request.format).extension}`;
}
