import type { Scale } from '../scale.js';

/** Settings that determine the cost and the figures of the ensembles experiment. */
export interface EnsemblesBudget {
  /** Most members of an ensemble: smaller ones are disjoint parts of it. */
  readonly members: number;
  /** Parts of hidden values that Monte-Carlo dropout drops; the validation part chooses. */
  readonly dropoutRates: readonly number[];
  /** Epochs of trained networks; null for those of the flow's zoo. */
  readonly epochs: number | null;
  /** Networks that are trained side by side while the time of training is measured. */
  readonly timed: number;
  /** Rows of other data, at most. */
  readonly foreignRows: number;
}

export const ENSEMBLES_BUDGETS: Readonly<Record<Scale, EnsemblesBudget>> = {
  full: {
    members: 64,
    dropoutRates: [0.02, 0.05, 0.1, 0.2, 0.3],
    epochs: null,
    timed: 16,
    foreignRows: 10_000,
  },
  smoke: { members: 2, dropoutRates: [0.1, 0.2], epochs: 1, timed: 2, foreignRows: 32 },
};
