import { ACTIVATION_FUNCTIONS } from '../network/activations.js';
import { parameterCount, widthAt, type Architecture } from '../network/architecture.js';
import { ensure } from '../errors.js';
import { assertFinite } from '../geometry/assert-finite.js';

/** A float64 copy of a network's flat weights, addressed and changed neuron by neuron. */
export class LayeredWeights {
  readonly #values: Float64Array;
  readonly #arch: Architecture;
  /** Where `W_l` starts, from l = 1. */
  readonly #starts: readonly number[];

  /**
   * @throws WeightspringError `shape-mismatch` for a wrong length, `invalid-argument` for weights
   * that are not finite
   */
  constructor(weights: ArrayLike<number>, arch: Architecture) {
    const expected = parameterCount(arch);
    ensure(
      weights.length === expected,
      'shape-mismatch',
      () => `expected ${String(expected)} weights, got ${String(weights.length)}`,
    );
    this.#arch = arch;
    this.#starts = arch.layers.map((_, layer) =>
      parameterCount({ layers: arch.layers.slice(0, layer) }),
    );
    this.#values = Float64Array.from(weights);
    assertFinite(this.#values, 'the weights');
  }

  /** @throws WeightspringError `invalid-argument` when a weight has left float32's range */
  toFloat32(): Float32Array {
    const values = Float32Array.from(this.#values);
    assertFinite(values, 'the weights rescaled, as float32');
    return values;
  }

  bias(layer: number, j: number): number {
    return this.#values[this.#biasAt(layer, j)] as number;
  }

  incomingNorm(layer: number, j: number): number {
    let squares = 0;
    this.#eachIncoming(layer, j, (at) => (squares += (this.#values[at] as number) ** 2));
    return Math.sqrt(squares);
  }

  incomingSum(layer: number, j: number): number {
    let sum = 0;
    this.#eachIncoming(layer, j, (at) => (sum += this.#values[at] as number));
    return sum;
  }

  /** Multiplies a neuron's incoming weights and bias. */
  scaleIncoming(layer: number, j: number, factor: number): void {
    const scale = (at: number): void => {
      this.#values[at] = factor * (this.#values[at] as number);
    };
    this.#eachIncoming(layer, j, scale);
    scale(this.#biasAt(layer, j));
  }

  /** Multiplies what goes into a hidden neuron by `incoming`, what comes out by `outgoing`. */
  scaleNeuron(layer: number, j: number, incoming: number, outgoing: number): void {
    this.scaleIncoming(layer, j, incoming);
    this.#eachOutgoing(layer, j, (at) => {
      this.#values[at] = outgoing * (this.#values[at] as number);
    });
  }

  /** Moves a neuron without inputs into the next bias and leaves a unit vector that does nothing. */
  foldConstantNeuron(layer: number, j: number): void {
    const constant = ACTIVATION_FUNCTIONS[this.#arch.activation](this.bias(layer, j));
    this.#eachOutgoing(layer, j, (at, k) => {
      const bias = this.#biasAt(layer + 1, k);
      this.#values[bias] = this.bias(layer + 1, k) + constant * (this.#values[at] as number);
      this.#values[at] = 0;
    });
    this.#values[this.#biasAt(layer, j)] = 0;
    this.#values[this.#weightAt(layer, 0, j)] = 1;
  }

  #eachIncoming(layer: number, j: number, visit: (at: number) => void): void {
    const fanIn = widthAt(this.#arch, layer - 1);
    for (let i = 0; i < fanIn; i++) visit(this.#weightAt(layer, i, j));
  }

  #eachOutgoing(layer: number, j: number, visit: (at: number, k: number) => void): void {
    const fanOut = widthAt(this.#arch, layer + 1);
    for (let k = 0; k < fanOut; k++) visit(this.#weightAt(layer + 1, j, k), k);
  }

  #weightAt(layer: number, i: number, j: number): number {
    return (this.#starts[layer] as number) + i * widthAt(this.#arch, layer) + j;
  }

  #biasAt(layer: number, j: number): number {
    return this.#weightAt(layer, widthAt(this.#arch, layer - 1), j);
  }
}
