import { networkOf, type SampleJob } from '../src/index.js';

const WEIGHT_BYTES = 4;
/** Name and standardisation of an input, in file and metadata. */
const INPUT_BYTES = 80;
/** Graph, other metadata and description of one network. */
const OVERHEAD_BYTES = 8 * 1024;

/** Memory that the answer to a job may take, in bytes, before it is known: rather too much. */
export function reservation({ count, architecture }: SampleJob): number {
  const { inputs, parameters } = networkOf(architecture);
  return count * (WEIGHT_BYTES * parameters + INPUT_BYTES * inputs + OVERHEAD_BYTES);
}
