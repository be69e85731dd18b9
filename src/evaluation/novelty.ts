import { intersectionOverUnion, type ErrorSet } from '../zoo/error-set.js';

/** A network as novelty sees it. */
export interface Judged {
  /** On the test part. */
  readonly accuracy: number;
  /** Largest intersection-over-union of its error set with another network's. */
  readonly errorIoU: number;
}

/** What a network must reach to count as novel and accurate. */
export interface NoveltyBar {
  /** Mean test accuracy of trained networks. */
  readonly accuracy: number;
  /** Mean of what independently trained networks share: the `independentMaxErrorIoU`. */
  readonly errorIoU: number;
}

/** How far below the mean of trained networks an accurate one may be: one point. */
export const ACCURACY_TOLERANCE = 0.01;

/**
 * The largest intersection-over-union of an error set with any of `others`.
 *
 * @param others - at least one
 * @see docs/notation.md, novelty
 */
export function largestErrorIoU(errors: ErrorSet, others: readonly ErrorSet[]): number {
  return others.reduce((most, other) => Math.max(most, intersectionOverUnion(errors, other)), 0);
}

/** For each error set its {@link largestErrorIoU} with the others; there must be at least two. */
export function independentErrorIoUs(sets: readonly ErrorSet[]): number[] {
  const largest = sets.map(() => 0);
  sets.forEach((a, i) => {
    for (let j = i + 1; j < sets.length; j++) {
      const iou = intersectionOverUnion(a, sets[j] as ErrorSet);
      largest[i] = Math.max(largest[i] as number, iou);
      largest[j] = Math.max(largest[j] as number, iou);
    }
  });
  return largest;
}

/**
 * Part of the networks that are no nearer to a trained network than trained networks are to each
 * other on average, and at most {@link ACCURACY_TOLERANCE} less accurate than their mean.
 */
export function novelAndAccurate(networks: readonly Judged[], bar: NoveltyBar): number {
  const passing = networks.filter(
    ({ accuracy, errorIoU }) =>
      errorIoU <= bar.errorIoU && accuracy >= bar.accuracy - ACCURACY_TOLERANCE,
  );
  return passing.length / networks.length;
}
