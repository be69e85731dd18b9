import type { InitCase } from './init-experiment.js';
import { meanCurve } from './init-experiment.js';

/** What the best random start of a case ends with: its mean accuracy on the test part. */
export function barOf({ curves, best }: InitCase): number {
  const curve = curves.find(({ start }) => start === best);
  return curve === undefined ? NaN : (meanCurve(curve).at(-1) ?? NaN);
}

/** The first of the recorded updates after which accuracies reach a bar; null for never. */
export function updatesTo(
  bar: number,
  accuracies: readonly number[],
  updates: readonly number[],
): number | null {
  const index = accuracies.findIndex((accuracy) => accuracy >= bar);
  return index === -1 ? null : (updates[index] ?? null);
}
