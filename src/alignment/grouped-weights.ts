import { ensure } from '../errors.js';
import { assertFinite } from '../geometry/assert-finite.js';
import type { Architecture } from '../network/architecture.js';
import { constantValues } from '../network/constant-neuron.js';
import { ensureWeights, networkOf } from '../network/network.js';
import type { TensorSlot } from '../network/slots.js';
import type { NeuronGroup } from '../network/symmetry.js';

/** A float64 copy of a network's flat weights, addressed and changed neuron by neuron. */
export class GroupedWeights {
  readonly #values: Float64Array;
  readonly #arch: Architecture;

  /**
   * @throws WeightspringError `shape-mismatch` for a wrong length, `invalid-argument` for weights
   * that are not finite
   */
  constructor(weights: ArrayLike<number>, arch: Architecture) {
    ensureWeights(arch, weights);
    this.#arch = arch;
    this.#values = Float64Array.from(weights);
    assertFinite(this.#values, 'the weights');
  }

  /** @throws WeightspringError `invalid-argument` when a weight has left float32's range */
  toFloat32(): Float32Array {
    const values = Float32Array.from(this.#values);
    assertFinite(values, 'the weights rescaled, as float32');
    return values;
  }

  /** Sum of `term` over what tensors have for a neuron that they lead to; default: the numbers. */
  sumIncoming(
    slots: readonly TensorSlot[],
    j: number,
    term = (value: number): number => value,
  ): number {
    let sum = 0;
    for (const slot of slots) {
      eachTo(slot, j, (at) => (sum += term(this.#values[at] as number)));
    }
    return sum;
  }

  /** Euclidean norm of what tensors have for a neuron that they lead to. */
  incomingNorm(slots: readonly TensorSlot[], j: number): number {
    return Math.sqrt(this.sumIncoming(slots, j, (value) => value ** 2));
  }

  /** Multiplies what tensors have for a neuron that they lead to. */
  scaleIncoming(slots: readonly TensorSlot[], j: number, factor: number): void {
    for (const slot of slots)
      eachTo(slot, j, (at) => {
        this.#scale(at, factor);
      });
  }

  /** Multiplies what writes a hidden neuron by `incoming`, what reads it by `outgoing`. */
  scaleNeuron(group: NeuronGroup, j: number, incoming: number, outgoing: number): void {
    this.scaleIncoming(group.writers, j, incoming);
    for (const slot of group.readers)
      eachFrom(slot, j, (at) => {
        this.#scale(at, outgoing);
      });
  }

  /**
   * Moves a neuron without inputs into the next biases and leaves a unit vector that does nothing.
   *
   * @throws WeightspringError `unsupported-architecture` in a residual group, where other layers
   * write the neuron too
   */
  foldConstantNeuron(group: NeuronGroup, j: number): void {
    const weights = group.writers.filter(({ role }) => role === 'weight');
    const biases = group.writers.filter(({ role }) => role === 'bias');
    ensure(
      weights.length === 1 && biases.length === 1,
      'unsupported-architecture',
      () =>
        `neuron ${j} of group ${group.name} has no weights upstream of its residual block: such a ` +
        'network has no canonical form',
    );
    const constants = constantValues(this.#arch, group, this.sumIncoming(biases, j));
    const { graph, slots } = networkOf(this.#arch);
    for (const reader of group.readers) {
      const next = slots.find(({ role, node }) => role === 'bias' && node === reader.node);
      const [read = ''] = graph.nodes.find(({ id }) => id === reader.node)?.inputs ?? [];
      const constant = constants.get(read) ?? 0;
      eachFrom(reader, j, (at, k) => {
        if (next !== undefined) {
          const bias = next.offset + k;
          this.#values[bias] =
            (this.#values[bias] as number) + constant * (this.#values[at] as number);
        }
        this.#values[at] = 0;
      });
    }
    for (const slot of biases) eachTo(slot, j, (at) => (this.#values[at] = 0));
    for (const { offset } of weights) this.#values[offset + j] = 1;
  }

  #scale(at: number, factor: number): void {
    this.#values[at] = factor * (this.#values[at] as number);
  }
}

/** The places of a tensor that belong to neuron j of those that it leads to: its last axis. */
function eachTo(
  { offset, size, fanOut }: TensorSlot,
  j: number,
  visit: (at: number) => void,
): void {
  for (let at = offset + j; at < offset + size; at += fanOut) visit(at);
}

/** The places that belong to neuron j of those that it leads from, with the neuron that each leads to. */
function eachFrom(
  { offset, size, fanOut, shape }: TensorSlot,
  j: number,
  visit: (at: number, to: number) => void,
): void {
  const block = shape.length === 0 ? 1 : size / (shape[0] ?? 1);
  for (let i = 0; i < block; i++) visit(offset + j * block + i, i % fanOut);
}
