import { Float64Ops } from '../ops/float64-ops.js';
import { tensor, type ReferenceTensor } from '../ops/reference-ops.js';
import type { Architecture } from './architecture.js';
import { layerOf } from './layers/registry.js';
import { networkOf } from './network.js';
import type { NeuronGroup } from './symmetry.js';

const ops = new Float64Ops();

/**
 * What a neuron without incoming weights says: its bias, passed through the layers that share its
 * group.
 *
 * @param group - written by one layer
 * @returns by id of the values that run along the group
 */
export function constantValues(
  arch: Architecture,
  { name }: NeuronGroup,
  bias: number,
): ReadonlyMap<string, number> {
  const { graph, neuronsOf } = networkOf(arch);
  const values = new Map<string, ReferenceTensor>();
  for (const { id, inputs, layer } of graph.nodes) {
    if (neuronsOf.get(id) !== name) continue;
    const kind = layerOf(layer);
    const read = inputs.flatMap((input) => values.get(input) ?? []);
    values.set(
      id,
      kind.neurons === 'opens' ? tensor([bias], [1]) : kind.forward(ops, layer, [], read),
    );
  }
  return new Map([...values].map(([id, { data }]) => [id, data[0] as number]));
}
