import type { OptimizerOptions } from '../../training/optimizers/create-optimizer.js';
import type { Scale } from '../scale.js';

/** An optimiser, and the learning rates among which every start has its own. */
export interface OptimizerTrial {
  readonly name: string;
  readonly optimizer: OptimizerOptions;
  readonly learningRates: readonly number[];
}

/** Settings that determine the cost and the figures of the initialisation experiment. */
export interface InitBudget {
  /** Networks that are trained from every kind of start, each with minibatches of its own. */
  readonly runs: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Rows of the validation part by which learning rates are chosen, at most. */
  readonly validationRows: number;
  /** Trained networks of which a soup is the mean. */
  readonly soup: number;
  readonly optimizers: readonly OptimizerTrial[];
}

const SGD: OptimizerOptions = { kind: 'sgd', momentum: 0.9 };

export const INIT_BUDGETS: Readonly<Record<Scale, InitBudget>> = {
  full: {
    runs: 5,
    epochs: 1,
    batchSize: 128,
    validationRows: 2000,
    soup: 16,
    optimizers: [
      { name: 'SGD', optimizer: SGD, learningRates: [0.01, 0.03, 0.1] },
      { name: 'Adam', optimizer: { kind: 'adam' }, learningRates: [3e-4, 1e-3, 3e-3] },
    ],
  },
  smoke: {
    runs: 2,
    epochs: 1,
    batchSize: 64,
    validationRows: 64,
    soup: 2,
    optimizers: [{ name: 'SGD', optimizer: SGD, learningRates: [0.01, 0.1] }],
  },
};
