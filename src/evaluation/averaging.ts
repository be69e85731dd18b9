import { createPace, type Pace } from '../pace.js';
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
 *
 * @param pace - taken after every group; default: one that nobody stops
 */
export async function averagingCurve(
  members: readonly Float64Array[],
  labels: Uint8Array,
  pace: Pace = createPace(),
): Promise<readonly AveragingPoint[]> {
  const sizes: number[] = [];
  for (let k = 1; k < members.length; k *= 2) sizes.push(k);
  const curve: AveragingPoint[] = [];
  for (const k of [...sizes, members.length]) {
    const accuracies: number[] = [];
    for (let start = 0; start + k <= members.length; start += k) {
      accuracies.push(averagedAccuracy(members.slice(start, start + k), labels));
      await pace();
    }
    curve.push({ samples: k, accuracy: mean(accuracies) });
  }
  return curve;
}
