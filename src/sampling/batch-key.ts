import type { SampleJob } from './contracts.js';

/**
 * A text that is equal for jobs that can be drawn in one batch: those that differ in seed, networks
 * and format only.
 */
export function batchKey(job: SampleJob): string {
  // What is not named here counts, so that an option that comes later separates jobs by itself.
  return JSON.stringify({ ...job, seed: null, firstIndex: null, count: null, format: null });
}
