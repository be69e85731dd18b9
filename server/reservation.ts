import { parameterCount, type SampleJob } from '../src/index.js';

const WEIGHT_BYTES = 4;
/** Graph, metadata and description of one network: more than any flow's take. */
const OVERHEAD_BYTES = 16 * 1024;

/** Memory that the answer to a job may take, in bytes, before it is known. */
export function reservation({ count, architecture }: SampleJob): number {
  return count * (WEIGHT_BYTES * parameterCount(architecture) + OVERHEAD_BYTES);
}
