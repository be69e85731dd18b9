import { distanceNovelty } from './distance-novelty.js';
import { mean } from '../population-metrics.js';
import type { Judges } from './contender.js';

/** A setting of a null and what a few of its networks do on the validation part. */
export interface Candidate {
  readonly value: number;
  readonly networks: readonly {
    /** On the validation part. */
    readonly accuracy: number;
    readonly distance: number | null;
  }[];
}

/** Accuracy that a larger setting may lose, where nothing else decides: one point. */
const TOLERANCE = 0.01;

/**
 * The setting that makes a null hardest to beat: most networks that are novel and accurate at the
 * strict bar, then at the lenient one. Among equals the largest value within a point of the best
 * mean accuracy, so that a null which copies is at least no plainer copy than it has to be.
 *
 * @param candidates - in ascending order, at least one; networks that leave the trained ones further
 *   behind at larger values
 * @param judges - bars of the validation part
 */
export function strongest(candidates: readonly Candidate[], judges: Judges): number {
  const scored = candidates.map((candidate) => ({
    value: candidate.value,
    score: novelAndAccurate(candidate, judges),
    accuracy: mean(candidate.networks.map(({ accuracy }) => accuracy)),
  }));
  const best = [...scored].sort(
    (a, b) => b.score.strict - a.score.strict || b.score.lenient - a.score.lenient,
  )[0]?.score;
  const equals = scored.filter(
    ({ score }) => score.strict === best?.strict && score.lenient === best.lenient,
  );
  const most = Math.max(...equals.map(({ accuracy }) => accuracy));
  return Math.max(
    ...equals.filter(({ accuracy }) => accuracy >= most - TOLERANCE).map(({ value }) => value),
  );
}

function novelAndAccurate(
  { networks }: Candidate,
  { bars, scale }: Judges,
): { readonly strict: number; readonly lenient: number } {
  const placed = networks.flatMap(({ accuracy, distance }) =>
    distance === null ? [] : [{ accuracy, distance }],
  );
  if (scale === null || bars === null || placed.length === 0) return { strict: 0, lenient: 0 };
  return distanceNovelty(placed, scale, bars).distanceNovelAndAccurate;
}
