import { createPace, type Pace } from '../../pace.js';
import { intersectionOverUnion, type ErrorSet } from '../../zoo/error-set.js';
import { mean } from '../population-metrics.js';

/** How much the networks of a population differ in what they do. */
export interface Diversity {
  readonly networks: number;
  /** Mean over pairs of the Jensen–Shannon divergence of their probabilities, in nats: 0 to ln 2. */
  readonly divergence: number;
  /** Mean over pairs of the overlap (IoU) of their error sets. */
  readonly errorOverlap: number;
  /**
   * Accuracy of the mean of the probabilities of {@link averaged} networks, less the mean of their
   * accuracies.
   */
  readonly averagingGain: number;
  /** The same number in both populations that are compared. */
  readonly averaged: number;
}

/** One diversity over another; null where there is nothing to divide by. */
export type DiversityRatio = Readonly<
  Record<'divergence' | 'errorOverlap' | 'averagingGain', number | null>
>;

export function diversityRatio(samples: Diversity, trained: Diversity): DiversityRatio {
  const over = (key: keyof DiversityRatio): number | null =>
    trained[key] === 0 ? null : samples[key] / trained[key];
  return {
    divergence: over('divergence'),
    errorOverlap: over('errorOverlap'),
    averagingGain: over('averagingGain'),
  };
}

/**
 * Mean over all pairs of the intersection over union of two networks' error sets.
 *
 * @param pace - taken after every network; default: one that nobody stops
 * @returns NaN of fewer than two
 */
export async function meanPairwiseOverlap(
  sets: readonly ErrorSet[],
  pace: Pace = createPace(),
): Promise<number> {
  const overlaps: number[] = [];
  for (const [index, a] of sets.entries()) {
    for (const b of sets.slice(index + 1)) overlaps.push(intersectionOverUnion(a, b));
    await pace();
  }
  return mean(overlaps);
}
