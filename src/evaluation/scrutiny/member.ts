import { accuracyOn, type ErrorSet } from '../../zoo/error-set.js';
import type { PreparedTask } from '../../zoo/prepared-task.js';
import type { MeasuredNetwork } from '../measure-network.js';
import { largestErrorIoU } from '../novelty.js';

/** What is compared of one network, whether it was sampled, trained or made by a null. */
export interface Member {
  /** Test accuracy, in [0, 1]. */
  readonly accuracy: number;
  /** On the test part, in nats; null where only the error set is known. */
  readonly crossEntropy: number | null;
  /** Validation accuracy: what choices are made by. */
  readonly validationAccuracy: number;
  /** Largest error overlap with a trained run; null where there is no other run. */
  readonly errorIoU: number | null;
  /** Quotient distance to the nearest trained run; null where there are no distances. */
  readonly distance: number | null;
}

/**
 * A measured network as a member of its population.
 *
 * @param zooErrors - error sets of all final networks of the zoo
 */
export function measuredMember(
  { test, errors }: Pick<MeasuredNetwork, 'test' | 'errors'>,
  distance: number | null,
  zooErrors: readonly ErrorSet[],
  { split }: Pick<PreparedTask, 'split'>,
): Member {
  return {
    accuracy: test.accuracy,
    crossEntropy: test.crossEntropy,
    validationAccuracy: accuracyOn(split.validation, errors),
    errorIoU: largestErrorIoU(errors, zooErrors),
    distance,
  };
}
