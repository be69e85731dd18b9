import type { SampleJob } from './sample-job.js';

/**
 * A text that is equal for jobs that can be drawn in one batch: those that differ in seed, networks
 * and what their files look like only.
 */
export function batchKey(job: SampleJob): string {
  // What is not named here counts, so that an option that comes later separates jobs by itself.
  const alike = { seed: null, firstIndex: null, count: null, format: null, inputScaling: null };
  return JSON.stringify({ ...job, ...alike });
}
