import { networkOf, type SampleJob } from '../src/index.js';

const WEIGHT_BYTES = 4;
/** Name and standardisation of an input, in file and metadata. */
const INPUT_BYTES = 80;
/** Graph, other metadata and description of one network. */
const OVERHEAD_BYTES = 8 * 1024;

/** Upper estimate of the memory of the answer to a job, in bytes. */
export function reservation({ count, architecture, guide }: SampleJob): number {
  const { inputs, parameters } = networkOf(architecture);
  const guideBytes = guide?.data.features.byteLength ?? 0;
  return guideBytes + count * (WEIGHT_BYTES * parameters + INPUT_BYTES * inputs + OVERHEAD_BYTES);
}
