import { ensure } from '../errors.js';
import { assertFinite } from '../geometry/assert-finite.js';
import type { Architecture } from '../network/architecture.js';
import { eachPlace, indexAlong } from '../network/axis-view.js';
import { constantValues } from '../network/constant-neuron.js';
import { ensureWeights, networkOf } from '../network/network.js';
import type { TensorSlot } from '../network/slots.js';
import type { NeuronGroup } from '../network/symmetry.js';

/** A float64 copy of a network's flat weights, read and changed neuron by neuron. */
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

  /** @throws WeightspringError `invalid-argument` if a weight does not fit into float32 */
  toFloat32(): Float32Array {
    const values = Float32Array.from(this.#values);
    assertFinite(values, 'the weights rescaled, as float32');
    return values;
  }

  /** Sum of the entries of tensors that lead to neuron j. */
  sumIncoming(slots: readonly TensorSlot[], j: number): number {
    let sum = 0;
    for (const slot of slots)
      eachPlace(slot, slot.toAxis, j, (at) => (sum += this.#values[at] as number));
    return sum;
  }

  /** Euclidean norm of the entries of tensors that lead to neuron j. */
  incomingNorm(slots: readonly TensorSlot[], j: number): number {
    let squares = 0;
    for (const slot of slots) {
      eachPlace(slot, slot.toAxis, j, (at) => (squares += (this.#values[at] as number) ** 2));
    }
    return Math.sqrt(squares);
  }

  /** Euclidean norm of the entries of tensors that read neuron j. */
  outgoingNorm(slots: readonly TensorSlot[], j: number): number {
    let squares = 0;
    for (const slot of slots) {
      eachPlace(slot, slot.fromAxis, j, (at) => (squares += (this.#values[at] as number) ** 2));
    }
    return Math.sqrt(squares);
  }

  /** Multiplies the entries of tensors that lead to neuron j. */
  scaleIncoming(slots: readonly TensorSlot[], j: number, factor: number): void {
    for (const slot of slots) {
      eachPlace(slot, slot.toAxis, j, (at) => {
        this.#scale(at, factor);
      });
    }
  }

  /** Multiplies what writes neuron j of a group by `incoming`, and what reads it by `outgoing`. */
  scaleNeuron(group: NeuronGroup, j: number, incoming: number, outgoing: number): void {
    this.scaleIncoming(group.writers, j, incoming);
    for (const slot of group.readers) {
      eachPlace(slot, slot.fromAxis, j, (at) => {
        this.#scale(at, outgoing);
      });
    }
  }

  /**
   * Folds a neuron without incoming weights, which is constant, into the biases of its readers. The
   * neuron then does nothing: its bias and outgoing weights are 0, its incoming weights the first
   * unit vector.
   *
   * @throws WeightspringError `invalid-argument` if only its stem is zero: weights inside a
   * residual block lead to the neuron, so rescaling cannot make its stem a unit vector; and if a
   * padded convolution reads it, unless its value is 0
   */
  foldConstantNeuron(group: NeuronGroup, j: number): void {
    ensure(
      this.incomingNorm(group.writers.filter(isWeight), j) === 0,
      'invalid-argument',
      () =>
        `neuron ${j} of group ${group.name} is written only from inside its residual block, by ` +
        `none of ${group.stem.map(({ name }) => name).join(', ')}: such a network has no ` +
        'canonical form',
    );
    const constants = constantValues(this.#arch, this.#values, group, j);
    for (const reader of group.readers) this.#moveToBias(reader, j, constants);
    for (const bias of group.writers.filter((slot) => !isWeight(slot))) {
      eachPlace(bias, bias.toAxis, j, (at) => (this.#values[at] = 0));
    }
    for (const weight of group.stem.slice(0, 1)) {
      let value = 1;
      eachPlace(weight, weight.toAxis, j, (at) => {
        this.#values[at] = value;
        value = 0;
      });
    }
  }

  /**
   * Adds the contribution of a constant neuron to a reader's bias, and zeroes its weights there.
   */
  #moveToBias(reader: TensorSlot, j: number, constants: ReadonlyMap<string, number>): void {
    const { graph, slotsOf } = networkOf(this.#arch);
    const bias = slotsOf.get(reader.node)?.find(({ role }) => role === 'bias');
    const [read = ''] = graph.nodes.find(({ id }) => id === reader.node)?.inputs ?? [];
    const constant = constants.get(read) ?? 0;
    ensure(
      bias !== undefined || constant === 0,
      'unsupported-architecture',
      () => `node '${reader.node}' reads a constant neuron and has no bias to fold it into`,
    );
    ensure(
      reader.reach !== 'padded' || constant === 0,
      'invalid-argument',
      () =>
        `neuron ${j} of the node '${read}' is the constant ${constant}, and '${reader.node}' reads ` +
        'it with zeros around: no bias replaces it, and the network has no canonical form',
    );
    eachPlace(reader, reader.fromAxis, j, (at) => {
      const value = this.#values[at] as number;
      const k = indexAlong(reader, reader.toAxis, at);
      if (bias !== undefined) {
        eachPlace(bias, bias.toAxis, k, (place) => {
          this.#values[place] = (this.#values[place] as number) + constant * value;
        });
      }
      this.#values[at] = 0;
    });
  }

  #scale(at: number, factor: number): void {
    this.#values[at] = factor * (this.#values[at] as number);
  }
}

function isWeight({ role }: TensorSlot): boolean {
  return role === 'weight';
}
