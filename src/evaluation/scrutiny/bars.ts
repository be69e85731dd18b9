import { quantile } from '../../novelty/novelty-scale.js';
import { accuracyOn, type ErrorSet } from '../../zoo/error-set.js';

/** Accuracies that a network must reach to count as accurate. */
export interface Bars {
  /** The same for every task and architecture. */
  readonly lenient: number;
  /** Median accuracy of trained networks of the architecture, less a point. */
  readonly strict: number;
}

const LENIENT = 0.85;
/** How far below the median of trained networks the strict bar lies: one point. */
const TOLERANCE = 0.01;

/**
 * The bars on some rows.
 *
 * @param trained - error sets of trained networks of the architecture, at least one
 * @param rows - of the test part for figures, of the validation part for choices
 */
export function barsOf(trained: readonly ErrorSet[], rows: Int32Array): Bars {
  const accuracies = trained.map((errors) => accuracyOn(rows, errors));
  return { lenient: LENIENT, strict: quantile(accuracies, 0.5) - TOLERANCE };
}
