import { ensure } from '../errors.js';

/**
 * When to keep the weights of a network in training. The final weights are always kept.
 *
 * After the ignored epochs, `everySteps` keeps a snapshot every so many steps; `perRun` spreads that
 * many evenly over the rest of the training, the final weights being the last.
 */
export type SnapshotPlan =
  | { readonly ignoreEpochs: number; readonly everySteps: number }
  | { readonly ignoreEpochs: number; readonly perRun: number };

/**
 * The numbers of updates after which weights are kept: ascending, ending with the whole training.
 *
 * @throws WeightspringError `invalid-argument` if all epochs are ignored
 */
export function snapshotSteps(
  plan: SnapshotPlan,
  epochs: number,
  stepsPerEpoch: number,
): readonly number[] {
  const total = epochs * stepsPerEpoch;
  const start = plan.ignoreEpochs * stepsPerEpoch;
  ensure(
    Number.isInteger(plan.ignoreEpochs) && plan.ignoreEpochs >= 0 && start < total,
    'invalid-argument',
    () => `of ${epochs} epochs 0 to ${epochs - 1} can be ignored, got ${plan.ignoreEpochs}`,
    'snapshots.ignoreEpochs',
  );
  const steps = new Set<number>();
  if ('perRun' in plan) {
    ensurePositive(plan.perRun, 'perRun');
    for (let k = 1; k <= plan.perRun; k++) {
      const step = start + Math.round((k * (total - start)) / plan.perRun);
      if (step > start) steps.add(step);
    }
  } else {
    ensurePositive(plan.everySteps, 'everySteps');
    for (let step = start + plan.everySteps; step < total; step += plan.everySteps) steps.add(step);
    steps.add(total);
  }
  return [...steps];
}

function ensurePositive(value: number, name: string): void {
  ensure(
    Number.isInteger(value) && value >= 1,
    'invalid-argument',
    () => `${name} must be a positive integer, got ${value}`,
    `snapshots.${name}`,
  );
}
