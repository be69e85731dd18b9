import { guideRecord } from '../flows/guide.js';
import type { SampleJob } from './sample-job.js';

/**
 * Equal for jobs that can be drawn in one batch: those that differ only in seed, networks and what
 * files these become.
 */
export function batchKey(job: SampleJob): string {
  // Everything not listed here counts, so that a future option separates jobs by default.
  const inside = { inputScaling: null, weightScale: null, memberProbabilities: null };
  const files = { format: null, ensemble: null, ...inside };
  const alike = { seed: null, firstIndex: null, count: null, ...files };
  // The record of a guide stands for its rows.
  const guide = job.guide && guideRecord(job.guide);
  // First too: fields that only some jobs have keep their place.
  return JSON.stringify({ ...alike, ...job, guide, ...alike });
}
