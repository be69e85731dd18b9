import type { Scale } from '../scale.js';

/** Settings that determine the cost and the figures of the Gaussian experiment. */
export interface GaussianBudget {
  /** Points of the target in the flow's training set. */
  readonly points: number;
  readonly updates: number;
  readonly batch: number;
  /** Token width and blocks of the velocity network. */
  readonly width: number;
  readonly blocks: number;
  /** Points drawn from every flow per row. */
  readonly samples: number;
  /** Numbers drawn with the exact field per row. */
  readonly exactNumbers: number;
  readonly steps: readonly number[];
  /** Points of the target whose density under each field is computed. */
  readonly densityPoints: number;
  /** Probes of the trace for each point. */
  readonly densityProbes: number;
}

export const GAUSSIAN_BUDGETS: Readonly<Record<Scale, GaussianBudget>> = {
  full: {
    points: 10_000,
    updates: 1000,
    batch: 64,
    width: 64,
    blocks: 2,
    samples: 128,
    exactNumbers: 20_000,
    steps: [8, 16, 32, 64, 100],
    densityPoints: 16,
    densityProbes: 16,
  },
  smoke: {
    points: 64,
    updates: 3,
    batch: 4,
    width: 16,
    blocks: 1,
    samples: 4,
    exactNumbers: 100,
    steps: [2, 4],
    densityPoints: 2,
    densityProbes: 1,
  },
};
