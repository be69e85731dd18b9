import type { ParameterAverage } from '../moving-average.js';

/** Everything that a later process needs to continue bit-exactly. */
export interface OptimizerState {
  readonly kind: 'adam' | 'sgd';
  /** Updates done so far. */
  readonly steps: number;
  /** The moments, in an order that belongs to the optimiser; copies, float32. */
  readonly moments: readonly Float32Array[];
}

/** What one update may do beside the step itself, in the same pass over memory. */
export interface UpdateOptions {
  /** Multiplies every gradient, for clipping. Default 1. */
  readonly gradientScale?: number;
  /** Takes in the updated parameters. Default: none. */
  readonly average?: ParameterAverage;
}

/** Updates parameters in place from their gradients. */
export interface Optimizer {
  /**
   * One update.
   *
   * @param parameters - changed in place
   * @param gradients - one per parameter, of the same size; not changed
   * @param learningRate - η of this step
   * @throws WeightspringError `shape-mismatch` when the lists do not fit
   */
  update(
    parameters: readonly Float32Array[],
    gradients: readonly Float32Array[],
    learningRate: number,
    options?: UpdateOptions,
  ): void;
  state(): OptimizerState;
  /** @throws WeightspringError `data-corrupt` when the state belongs to other parameters */
  restore(state: OptimizerState): void;
}
