import { AdamKernel, type AdamStep } from '../adam-kernel.js';
import type { Optimizer, OptimizerState, UpdateOptions } from './optimizer.js';
import { Moments } from './moments.js';

/** AdamW's settings; every field has PyTorch's default except that decay is off unless asked for. */
export interface AdamWOptions {
  /** Decay of the first moment, β₁. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment, β₂. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment, ε. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay λ: θ ← (1 − ηλ) θ before the step. Default 0, which is plain Adam. */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay and bias correction:
 * `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`,
 * `θ ← (1 − ηλ)θ − η (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + ε)`.
 *
 * Moments are kept in float32, so that a saved state holds exactly what the run used.
 *
 * @see Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2
 */
export class AdamW implements Optimizer {
  readonly #settings: Required<AdamWOptions>;
  readonly #kernel: AdamKernel;
  readonly #first: readonly Float32Array[];
  readonly #second: readonly Float32Array[];
  readonly #moments: Moments;

  /** @throws WeightspringError `out-of-memory` */
  constructor(sizes: readonly number[], options: AdamWOptions = {}) {
    this.#settings = {
      beta1: options.beta1 ?? 0.9,
      beta2: options.beta2 ?? 0.999,
      epsilon: options.epsilon ?? 1e-8,
      weightDecay: options.weightDecay ?? 0,
    };
    // Room for both moments, and for parameters and their averages.
    this.#kernel = new AdamKernel([...sizes, ...sizes, ...sizes, ...sizes]);
    this.#first = sizes.map((size) => this.#kernel.array(size));
    this.#second = sizes.map((size) => this.#kernel.array(size));
    this.#moments = new Moments('adam', this.#first, this.#second);
  }

  /**
   * Copies that updates are fastest on: for the parameters, and once more for their averages.
   *
   * @param values - one array per parameter, of its size
   */
  place(values: readonly Float32Array[]): readonly Float32Array[] {
    return values.map((value) => {
      const array = this.#kernel.array(value.length);
      array.set(value);
      return array;
    });
  }

  update(
    parameters: readonly Float32Array[],
    gradients: readonly Float32Array[],
    learningRate: number,
    { gradientScale = 1, average }: UpdateOptions = {},
  ): void {
    const steps = this.#moments.advance(parameters, gradients);
    const { beta1, beta2, epsilon, weightDecay } = this.#settings;
    const rootCorrection = Math.sqrt(1 - Math.pow(beta2, steps));
    const step: AdamStep = {
      gradientScale,
      share1: 1 - beta1,
      beta2,
      share2: 1 - beta2,
      keep: 1 - learningRate * weightDecay,
      stepSize: (learningRate * rootCorrection) / (1 - Math.pow(beta1, steps)),
      epsilon: epsilon * rootCorrection,
      averageShare: average?.advance(parameters) ?? 0,
    };
    parameters.forEach((parameter, index) => {
      const arrays = {
        parameter,
        gradient: gradients[index] as Float32Array,
        first: this.#first[index] as Float32Array,
        second: this.#second[index] as Float32Array,
        average: average?.values[index],
      };
      this.#kernel.step(arrays, step);
    });
  }

  state(): OptimizerState {
    return this.#moments.state();
  }

  restore(state: OptimizerState): void {
    this.#moments.restore(state);
  }
}
