import type { Scale } from '../scale.js';

/** Settings that determine the cost and the figures of the likelihood experiment. */
export interface LikelihoodBudget {
  /** Number of held-out runs, and of networks in every group. */
  readonly runs: number;
  readonly epochs: number;
  /** Probes of Hutchinson's estimator per network. */
  readonly probes: number;
  /** Steps of Heun's method. */
  readonly steps: number;
}

export const LIKELIHOOD_BUDGETS: Readonly<Record<Scale, LikelihoodBudget>> = {
  full: { runs: 16, epochs: 50, probes: 8, steps: 32 },
  smoke: { runs: 2, epochs: 12, probes: 2, steps: 2 },
};
