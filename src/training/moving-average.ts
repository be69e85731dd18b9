import { ensure } from '../errors.js';

export interface MovingAverageOptions {
  /** Weight d of the past, in [0, 1). Default 0.999. */
  readonly decay?: number;
  /** Makes the arrays that the averages are kept in. Default: plain copies. */
  readonly copy?: (parameters: readonly Float32Array[]) => readonly Float32Array[];
}

/** Everything that a later process needs to continue an average bit-exactly. */
export interface MovingAverageState {
  readonly updates: number;
  /** Copies of the averages, float32. */
  readonly values: readonly Float32Array[];
}

/**
 * Exponential moving average of parameters, `s ← dₙ s + (1 − dₙ) θ` with
 * `dₙ = min(d, (1 + n) / (10 + n))` at the n-th update, so that a young average forgets its random
 * start quickly.
 */
export class ParameterAverage {
  readonly #decay: number;
  readonly #values: readonly Float32Array[];
  #updates = 0;

  /** @param parameters - the starting values, copied */
  constructor(
    parameters: readonly Float32Array[],
    { decay = 0.999, copy = copies }: MovingAverageOptions = {},
  ) {
    ensure(
      decay >= 0 && decay < 1,
      'invalid-argument',
      () => `the decay of a moving average must be in [0, 1), got ${decay}`,
      'decay',
    );
    this.#decay = decay;
    this.#values = copy(parameters);
  }

  /** The averages themselves, not copies: in the order of the parameters. */
  get values(): readonly Float32Array[] {
    return this.#values;
  }

  /**
   * In float32 throughout, as the kernel of AdamW does it.
   *
   * @param parameters - in the order and sizes of the constructor's
   */
  update(parameters: readonly Float32Array[]): void {
    const { fround } = Math;
    const share = fround(this.advance(parameters));
    this.#values.forEach((average, index) => {
      const parameter = parameters[index] as Float32Array;
      for (let i = 0; i < average.length; i++) {
        const value = average[i] as number;
        average[i] = value + fround(share * fround((parameter[i] as number) - value));
      }
    });
  }

  /**
   * Counts an update whose arithmetic the caller does on {@link values}, in a pass over the
   * parameters that it makes anyway: `s ← s + share (θ − s)`.
   *
   * @returns the share, 1 − dₙ
   * @throws WeightspringError `shape-mismatch` for parameters of other sizes
   */
  advance(parameters: readonly Float32Array[]): number {
    this.#values.forEach((average, index) => {
      ensure(
        parameters[index]?.length === average.length,
        'shape-mismatch',
        () =>
          `parameter ${index} has ${average.length} elements in the moving average, got ` +
          String(parameters[index]?.length),
      );
    });
    this.#updates++;
    return 1 - Math.min(this.#decay, (1 + this.#updates) / (10 + this.#updates));
  }

  state(): MovingAverageState {
    return { updates: this.#updates, values: copies(this.#values) };
  }

  /** @throws WeightspringError `data-corrupt` when the state belongs to other parameters */
  restore({ updates, values }: MovingAverageState): void {
    ensure(
      values.length === this.#values.length &&
        this.#values.every((own, index) => own.length === values[index]?.length),
      'data-corrupt',
      () => `the saved moving average has tensors of other sizes than this run's parameters`,
    );
    this.#values.forEach((own, index) => {
      own.set(values[index] as Float32Array);
    });
    this.#updates = updates;
  }
}

function copies(arrays: readonly Float32Array[]): readonly Float32Array[] {
  return arrays.map((array) => array.slice());
}
