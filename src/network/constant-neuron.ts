import { ensure } from '../errors.js';
import { Float64Ops } from '../ops/float64-ops.js';
import { tensor, type ReferenceTensor } from '../ops/reference-ops.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { Architecture } from './architecture.js';
import { eachPlace } from './axis-view.js';
import { layerOf } from './layers/registry.js';
import { networkOf } from './network.js';
import type { TensorSlot } from './slots.js';
import type { NeuronGroup } from './symmetry.js';

const ops = new Float64Ops();

/**
 * The values of a neuron without incoming weights: constants, since they depend on biases only.
 *
 * @param weights - flat; all weights that lead to neuron j of the group are zero
 * @returns by id of the nodes whose values run along the group
 * @throws WeightspringError `invalid-argument` where zeros around an image make it no constant
 */
export function constantValues(
  arch: Architecture,
  weights: Float64Array,
  { name }: NeuronGroup,
  j: number,
): ReadonlyMap<string, number> {
  const { graph, neuronsOf, slotsOf } = networkOf(arch);
  const values = new Map<string, ReferenceTensor>();
  for (const { id, inputs, layer, shape } of graph.nodes) {
    if (neuronsOf.get(id) !== name) continue;
    const kind = layerOf(layer);
    const slots = slotsOf.get(id) ?? [];
    if (kind.neurons === 'opens') {
      const biases = slots.filter(({ role }) => role === 'bias');
      const row = [1, 1, ...(shape.slice(1) as number[])];
      values.set(id, { shape: row, data: filled(row, sumAt(weights, biases, j)) });
    } else {
      const tensors = slots.map((slot) => ofNeuron(weights, slot, j));
      const read = inputs.flatMap((input) => values.get(input) ?? []);
      values.set(id, kind.forward(ops, layer, tensors, read));
    }
  }
  return new Map([...values].map(([id, { data }]) => [id, constantOf(id, data, j)]));
}

/** The value that a constant neuron has at every position. */
function constantOf(id: string, data: Float64Array, j: number): number {
  const [constant = 0] = data;
  ensure(
    data.every((value) => value === constant),
    'invalid-argument',
    () =>
      `neuron ${j} of the node '${id}' is a constant with zeros around: no bias replaces it, and ` +
      'the network has no canonical form',
  );
  return constant;
}

/** The part of a tensor that belongs to neuron j, in the shape that it has with one neuron. */
function ofNeuron(weights: Float64Array, slot: TensorSlot, j: number): ReferenceTensor {
  const own: number[] = [];
  eachPlace(slot, slot.toAxis, j, (at) => own.push(weights[at] as number));
  return tensor(
    own,
    slot.shape.map((size, axis) => (axis === slot.toAxis ? 1 : size)),
  );
}

/** A row of one neuron with the same value at every position. */
function filled(shape: readonly number[], value: number): Float64Array {
  return new Float64Array(sizeOf(shape)).fill(value);
}

/** The sum over tensors with one number per neuron of their numbers for neuron j. */
function sumAt(weights: Float64Array, slots: readonly TensorSlot[], j: number): number {
  let sum = 0;
  for (const slot of slots) {
    eachPlace(slot, slot.toAxis, j, (at) => (sum += weights[at] as number));
  }
  return sum;
}
