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
      const tensors = slots.map((slot) => tensor([sumAt(weights, [slot], j)], [1]));
      const read = inputs.flatMap((input) => values.get(input) ?? []);
      values.set(id, kind.forward(ops, layer, tensors, read));
    }
  }
  return new Map([...values].map(([id, { data }]) => [id, data[0] as number]));
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
