import { ensure, WeightspringError } from '../errors.js';
import { AdamKernel, type AdamStep } from './adam-kernel.js';
import type { ParameterAverage } from './moving-average.js';

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

export interface SgdOptions {
  /** Decay of the velocity, μ. Default 0. */
  readonly momentum?: number;
  /** L2 penalty, added to the gradient as λθ. Default 0. */
  readonly weightDecay?: number;
}

/** Which optimiser, as configuration files and zoo headers record it. */
export type OptimizerOptions =
  ({ readonly kind: 'adam' } & AdamWOptions) | ({ readonly kind: 'sgd' } & SgdOptions);

/** Everything that a later process needs to continue bit-exactly. */
export interface OptimizerState {
  readonly kind: OptimizerOptions['kind'];
  /** Updates done so far. */
  readonly steps: number;
  /** The moments, in an order that belongs to the optimiser; copies, float32. */
  readonly moments: readonly Float32Array[];
}

/** What one update may do beside the step itself, in the same pass over memory. */
export interface UpdateOptions {
  /** Multiplies every gradient, for {@link clipScale}. Default 1. */
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

/**
 * The optimiser for parameters of the given sizes.
 *
 * @param sizes - number of elements of each parameter tensor
 */
export function createOptimizer(options: OptimizerOptions, sizes: readonly number[]): Optimizer {
  return options.kind === 'adam' ? new AdamW(sizes, options) : new Sgd(sizes, options);
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
  #steps = 0;

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
    ensureFit(this.#first, parameters, gradients);
    this.#steps++;
    const { beta1, beta2, epsilon, weightDecay } = this.#settings;
    const rootCorrection = Math.sqrt(1 - Math.pow(beta2, this.#steps));
    const step: AdamStep = {
      gradientScale,
      share1: 1 - beta1,
      beta2,
      share2: 1 - beta2,
      keep: 1 - learningRate * weightDecay,
      stepSize: (learningRate * rootCorrection) / (1 - Math.pow(beta1, this.#steps)),
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
    return { kind: 'adam', steps: this.#steps, moments: copies(this.#first, this.#second) };
  }

  restore(state: OptimizerState): void {
    restoreMoments('adam', state, [...this.#first, ...this.#second]);
    this.#steps = state.steps;
  }
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
  #steps = 0;

  constructor(sizes: readonly number[], options: SgdOptions = {}) {
    this.#momentum = options.momentum ?? 0;
    this.#weightDecay = options.weightDecay ?? 0;
    this.#velocity = sizes.map((size) => new Float32Array(size));
  }

  update(
    parameters: readonly Float32Array[],
    gradients: readonly Float32Array[],
    learningRate: number,
    { gradientScale = 1, average }: UpdateOptions = {},
  ): void {
    ensureFit(this.#velocity, parameters, gradients);
    this.#steps++;
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
    return { kind: 'sgd', steps: this.#steps, moments: copies(this.#velocity) };
  }

  restore(state: OptimizerState): void {
    restoreMoments('sgd', state, this.#velocity);
    this.#steps = state.steps;
  }
}

/** The joint Euclidean norm of gradients; NaN or infinite where one of them is. */
export function gradientNorm(gradients: readonly Float32Array[]): number {
  return Math.sqrt(gradients.reduce((sum, gradient) => sum + squaredNorm(gradient), 0));
}

/** What gradients of joint norm `norm` are multiplied by so that it becomes at most `maxNorm`. */
export function clipScale(norm: number, maxNorm: number): number {
  return norm > maxNorm ? maxNorm / norm : 1;
}

/** Four sums side by side, so that no addition waits for the one before. */
function squaredNorm(values: Float32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += (values[i] as number) ** 2;
    b += (values[i + 1] as number) ** 2;
    c += (values[i + 2] as number) ** 2;
    d += (values[i + 3] as number) ** 2;
  }
  for (let i = whole; i < values.length; i++) a += (values[i] as number) ** 2;
  return a + b + c + d;
}

function copies(...lists: readonly (readonly Float32Array[])[]): readonly Float32Array[] {
  return lists.flat().map((list) => list.slice());
}

function restoreMoments(
  kind: OptimizerOptions['kind'],
  state: OptimizerState,
  own: readonly Float32Array[],
): void {
  ensure(
    state.kind === kind,
    'data-corrupt',
    () => `the saved optimiser state is of '${state.kind}', this run uses '${kind}'`,
  );
  ensure(
    state.moments.length === own.length &&
      own.every((moment, index) => moment.length === state.moments[index]?.length),
    'data-corrupt',
    () => `the saved optimiser state has tensors of other sizes than this run's parameters`,
  );
  own.forEach((moment, index) => {
    moment.set(state.moments[index] as Float32Array);
  });
}

function ensureFit(
  own: readonly Float32Array[],
  parameters: readonly Float32Array[],
  gradients: readonly Float32Array[],
): void {
  own.forEach((moment, index) => {
    const parameter = parameters[index]?.length;
    const gradient = gradients[index]?.length;
    if (parameter !== moment.length || gradient !== moment.length) {
      throw new WeightspringError(
        'shape-mismatch',
        `parameter ${index} has ${moment.length} elements in the optimiser, got ` +
          `${String(parameter)} values and ${String(gradient)} gradients`,
      );
    }
  });
  if (parameters.length !== own.length || gradients.length !== own.length) {
    throw new WeightspringError(
      'shape-mismatch',
      `the optimiser holds ${own.length} parameters, got ${parameters.length} parameters and ` +
        `${gradients.length} gradients`,
    );
  }
}
