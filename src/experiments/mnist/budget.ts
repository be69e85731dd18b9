import type { SnapshotPlan } from '../../zoo/snapshot-plan.js';
import type { Scale } from '../scale.js';
import type { FlowSize } from '../thesis/flow-recipe.js';

/** Settings that determine the cost and the figures of the MNIST experiment. */
export interface MnistBudget extends FlowSize {
  /** Runs of the zoo. */
  readonly runs: number;
  /** Epochs of each run over the training part. */
  readonly epochs: number;
  readonly snapshots: SnapshotPlan;
  /** Directions of the input metric. */
  readonly rank: number;
  /** Rows of the training part that the input metric is fitted to at most. */
  readonly metricRows: number;
  /** Rows of the training part in a batch of the behaviour loss. */
  readonly behaviourRows: number;
  /** Midpoints of two runs that are measured, to compare with. */
  readonly interpolations: number;
  /** Networks drawn from every flow. */
  readonly samples: number;
  /** Euler steps at which every flow is measured. */
  readonly steps: readonly number[];
}

export const MNIST_BUDGETS: Readonly<Record<Scale, MnistBudget>> = {
  full: {
    runs: 50,
    epochs: 25,
    snapshots: { ignoreEpochs: 5, perRun: 10 },
    updates: 1000,
    batch: 64,
    width: 160,
    blocks: 3,
    rank: 128,
    metricRows: 60_000,
    behaviourRows: 128,
    interpolations: 64,
    samples: 64,
    steps: [1, 2, 4, 8, 16, 32, 64],
  },
  smoke: {
    runs: 2,
    epochs: 1,
    snapshots: { ignoreEpochs: 0, perRun: 2 },
    updates: 2,
    batch: 4,
    width: 8,
    blocks: 1,
    rank: 4,
    metricRows: 64,
    behaviourRows: 8,
    interpolations: 2,
    samples: 2,
    steps: [1, 2],
  },
};
