import type { Scale } from '../scale.js';

/** Settings that determine the cost and the figures of the WDBC experiment. */
export interface WdbcBudget {
  /** Runs of the zoo. */
  readonly runs: number;
  /** Epochs of each run over the training part. */
  readonly epochs: number;
  /** Pairs whose loss barrier is measured. */
  readonly pairs: number;
  /** Updates of every flow. */
  readonly updates: number;
  readonly batch: number;
  /** Token width and blocks of the velocity network. */
  readonly width: number;
  readonly blocks: number;
  /** Networks drawn from every flow. */
  readonly samples: number;
  /** Step counts at which each solver is measured; the main table uses the largest. */
  readonly steps: readonly number[];
}

export const WDBC_BUDGETS: Readonly<Record<Scale, WdbcBudget>> = {
  full: {
    runs: 100,
    epochs: 50,
    pairs: 250,
    updates: 1500,
    batch: 64,
    width: 96,
    blocks: 2,
    samples: 64,
    steps: [1, 2, 4, 8, 16, 32, 64],
  },
  smoke: {
    runs: 3,
    epochs: 12,
    pairs: 2,
    updates: 3,
    batch: 4,
    width: 16,
    blocks: 1,
    samples: 3,
    steps: [1, 2],
  },
};
