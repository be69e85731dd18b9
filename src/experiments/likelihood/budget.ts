import type { Scale } from '../scale.js';

/** What decides the cost of the likelihood experiment, and its figures. */
export interface LikelihoodBudget {
  /** Held-out runs; every group has as many networks. */
  readonly runs: number;
  readonly epochs: number;
  /** Of Hutchinson's estimator, for each network. */
  readonly probes: number;
  /** Of Heun's method. */
  readonly steps: number;
}

export const LIKELIHOOD_BUDGETS: Readonly<Record<Scale, LikelihoodBudget>> = {
  full: { runs: 16, epochs: 50, probes: 8, steps: 32 },
  smoke: { runs: 2, epochs: 12, probes: 2, steps: 2 },
};
