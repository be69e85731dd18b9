import type { NearestRun, RunPoint, TrainedRuns } from './trained-runs.js';

/** Part of the trained runs that are nearer to another run than a novel network may be. */
const NOVEL_QUANTILE = 0.05;

/** How far trained runs of one architecture lie from each other: what distances are compared with. */
export interface NoveltyScale {
  /** Median of their distances to the nearest other run. */
  readonly median: number;
  /** The 5th percentile of these distances: a novel network is no nearer to any run. */
  readonly fifthPercentile: number;
}

/**
 * The distance of each run to the nearest *other* run.
 *
 * @param finals - one network of each run
 * @returns in the order of `finals`; empty where there is no other run
 */
export function leaveOneOutDistances(
  runs: TrainedRuns,
  finals: readonly RunPoint[],
): readonly number[] {
  return finals.flatMap(({ run, point }) => runs.nearest(point, run)?.distance ?? []);
}

/** @returns null without distances, which a single run has not */
export function noveltyScale(leaveOneOut: readonly number[]): NoveltyScale | null {
  if (leaveOneOut.length === 0) return null;
  return {
    median: quantile(leaveOneOut, 0.5),
    fifthPercentile: quantile(leaveOneOut, NOVEL_QUANTILE),
  };
}

/** The distance over the median among trained runs: an ideal sampler has a median ratio of 1. */
export function noveltyRatio(
  { distance }: Pick<NearestRun, 'distance'>,
  scale: NoveltyScale,
): number {
  return distance / scale.median;
}

/** Whether a network is no nearer to a run than all but 5 % of the runs are to each other. */
export function isNovel({ distance }: Pick<NearestRun, 'distance'>, scale: NoveltyScale): boolean {
  return distance >= scale.fifthPercentile;
}

/**
 * A quantile, between the two nearest ranks in proportion, as NumPy's default.
 *
 * @param values - at least one
 * @param q - in [0, 1]
 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return low + (at - Math.floor(at)) * (high - low);
}
