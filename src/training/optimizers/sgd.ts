import type { Optimizer, OptimizerState, UpdateOptions } from './optimizer.js';
import { Moments } from './moments.js';

export interface SgdOptions {
  /** Decay of the velocity, μ. Default 0. */
  readonly momentum?: number;
  /** L2 penalty, added to the gradient as λθ. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with momentum: `u ← μu + g + λθ`, `θ ← θ − ηu`, from u = 0
 * (PyTorch's convention, no dampening).
 *
 * @see Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"
 */
export class Sgd implements Optimizer {
  readonly #momentum: number;
  readonly #weightDecay: number;
  readonly #velocity: readonly Float32Array[];
  readonly #moments: Moments;

  constructor(sizes: readonly number[], options: SgdOptions = {}) {
    this.#momentum = options.momentum ?? 0;
    this.#weightDecay = options.weightDecay ?? 0;
    this.#velocity = sizes.map((size) => new Float32Array(size));
    this.#moments = new Moments('sgd', this.#velocity);
  }

  update(
    parameters: readonly Float32Array[],
    gradients: readonly Float32Array[],
    learningRate: number,
    { gradientScale = 1, average }: UpdateOptions = {},
  ): void {
    this.#moments.advance(parameters, gradients);
    const momentum = this.#momentum;
    const weightDecay = this.#weightDecay;
    parameters.forEach((parameter, index) => {
      const gradient = gradients[index] as Float32Array;
      const velocity = this.#velocity[index] as Float32Array;
      for (let i = 0; i < parameter.length; i++) {
        const value = parameter[i] as number;
        const g = gradientScale * (gradient[i] as number);
        const u = momentum * (velocity[i] as number) + g + weightDecay * value;
        velocity[i] = u;
        parameter[i] = value - learningRate * u;
      }
    });
    average?.update(parameters);
  }

  state(): OptimizerState {
    return this.#moments.state();
  }

  restore(state: OptimizerState): void {
    this.#moments.restore(state);
  }
}
