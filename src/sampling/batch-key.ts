import type { SampleJob } from './sample-job.js';

/**
 * Equal for jobs that can be drawn in one batch: those that differ only in seed, networks and file
 * format.
 */
export function batchKey(job: SampleJob): string {
  // Everything not listed here counts, so that a future option separates jobs by default.
  const alike = { seed: null, firstIndex: null, count: null, format: null, inputScaling: null };
  return JSON.stringify({ ...job, ...alike });
}
