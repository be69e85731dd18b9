import type { Scale } from '../scale.js';

/** Token width and blocks of a velocity network. */
export interface FlowSize {
  readonly width: number;
  readonly blocks: number;
}

/** Settings that determine the cost and the figures of the scaling experiment. */
export interface ScalingBudget {
  /** Runs of the zoo that flows are trained on, two or more. */
  readonly zooSizes: readonly number[];
  /** Updates of a training, each count with a schedule of its own. */
  readonly updateCounts: readonly number[];
  readonly flowSizes: readonly FlowSize[];
  /** Runs outside all trainings, as far as the zoo has them. */
  readonly heldOut: number;
  /** Directions of the input metric, or all features where there are fewer. */
  readonly directions: number;
  /** Networks in a batch, and rows of data for the behaviour loss. */
  readonly batch: number;
  readonly rows: number;
  /** Networks drawn from every flow, and trained ones that they are compared with. */
  readonly samples: number;
  /** Euler steps of a sample. */
  readonly steps: number;
}

export const SCALING_BUDGETS: Readonly<Record<Scale, ScalingBudget>> = {
  full: {
    zooSizes: [10, 30, 100, 300],
    updateCounts: [300, 1000, 3000],
    flowSizes: [
      { width: 96, blocks: 2 },
      { width: 192, blocks: 3 },
    ],
    heldOut: 32,
    directions: 128,
    batch: 64,
    rows: 128,
    samples: 64,
    steps: 4,
  },
  smoke: {
    zooSizes: [2, 3],
    updateCounts: [1, 2],
    flowSizes: [{ width: 16, blocks: 1 }],
    heldOut: 1,
    directions: 128,
    batch: 4,
    rows: 8,
    samples: 3,
    steps: 2,
  },
};
