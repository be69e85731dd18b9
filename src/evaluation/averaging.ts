import { accuracy, meanProbabilities, predictions } from '../zoo/metrics.js';
import { mean } from './population-metrics.js';

/** Accuracy of averages of so many networks' probabilities. */
export interface AveragingPoint {
  readonly samples: number;
  readonly accuracy: number;
}

/**
 * Accuracy of the mean of several networks' probabilities.
 *
 * @param members - `[rows, classes]` each, at least one
 */
export function averagedAccuracy(members: readonly Float64Array[], labels: Uint8Array): number {
  return accuracy(predictions(meanProbabilities(members), labels.length), labels);
}

/**
 * {@link averagedAccuracy} against the number of networks k: 1, 2, 4, … and all of them; for each k
 * the mean over the ⌊n / k⌋ disjoint groups of k in their order, so that few networks are not judged
 * by the luck of one group.
 */
export function averagingCurve(
  members: readonly Float64Array[],
  labels: Uint8Array,
): readonly AveragingPoint[] {
  const sizes: number[] = [];
  for (let k = 1; k < members.length; k *= 2) sizes.push(k);
  return [...sizes, members.length].map((k) => {
    const groups = Array.from({ length: Math.floor(members.length / k) }, (_, g) =>
      members.slice(g * k, (g + 1) * k),
    );
    return { samples: k, accuracy: mean(groups.map((group) => averagedAccuracy(group, labels))) };
  });
}
