import { architectureName } from '../network/architecture.js';
import { fileCount } from './check-ensemble.js';
import { fileFormat } from './network-format.js';
import type { NetworkRequest } from './provenance.js';

/**
 * `wdbc-30-16-16-2-seed7`: the name of a job's files without index and extension. At the end,
 * `-separate` marks networks that take standardised features, `-balanced` balanced weights, and
 * `-ensemble64` one of 64.
 */
export function jobName({
  flow,
  architecture,
  seed,
  inputScaling,
  weightScale,
  ensemble,
}: NetworkRequest): string {
  const inputs = inputScaling === 'separate' ? '-separate' : '';
  const scale = weightScale === 'balanced' ? '-balanced' : '';
  const members = ensemble === undefined ? '' : `-ensemble${String(ensemble)}`;
  return `${flow}-${architectureName(architecture)}-seed${String(seed)}${inputs}${scale}${members}`;
}

/** `wdbc-30-16-16-2-seed7-0.onnx`; without the index for a single file. */
export function networkFileName(request: NetworkRequest, count: number, index: number): string {
  const { ensemble } = request;
  const suffix = fileCount({ count, ensemble }) > 1 ? `-${String(index)}` : '';
  return `${jobName(request)}${suffix}${fileFormat(request.format).extension}`;
}
