import type { Scale } from '../scale.js';

/** What decides the cost of the Gaussian experiment, and its figures. */
export interface GaussianBudget {
  /** Points of the target that the flow learns from. */
  readonly points: number;
  readonly updates: number;
  readonly batch: number;
  /** Token width and blocks of the velocity network. */
  readonly width: number;
  readonly blocks: number;
  /** Points drawn from every flow for each row. */
  readonly samples: number;
  /** Numbers drawn with the exact field for each row. */
  readonly exactNumbers: number;
  readonly steps: readonly number[];
  /** Points of the target whose density is computed under each field. */
  readonly densityPoints: number;
  /** Probes of the trace for each. */
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
