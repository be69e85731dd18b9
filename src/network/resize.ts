import { graphArchitecture, type Architecture, type ArchitectureNode } from './architecture.js';
import type { GraphNode } from './graph.js';
import { layerOf } from './layers/registry.js';
import { networkOf } from './network.js';
import type { NeuronGroup } from './symmetry.js';

/**
 * A network of the same family and the same activations with other numbers of hidden neurons.
 *
 * @param sizeOf - the neurons of a group, from 1
 * @throws WeightspringError `invalid-argument` for a number that no layer may have
 */
export function withHiddenSizes(
  arch: Architecture,
  sizeOf: (group: NeuronGroup) => number,
): Architecture {
  const { graph, groups, neuronsOf } = networkOf(arch);
  const sizes = new Map(groups.map((group) => [group.name, sizeOf(group)]));
  const nodes = graph.nodes.map((node) => {
    const size = sizes.get(neuronsOf.get(node.id) ?? '');
    const { layer } = node;
    const resized = size === undefined ? layer : layerOf(layer).resized(layer, size);
    return writtenNode({ ...node, layer: resized });
  });
  return graphArchitecture({ input: graph.input as readonly number[], nodes });
}

/**
 * The same layers on inputs of another shape.
 *
 * @param input - of one row
 * @throws WeightspringError `invalid-argument` for a shape that the layers cannot read
 */
export function withInput(arch: Architecture, input: readonly number[]): Architecture {
  return graphArchitecture({ input, nodes: networkOf(arch).graph.nodes.map(writtenNode) });
}

function writtenNode({ id, inputs, layer }: GraphNode): ArchitectureNode {
  return { ...layer, id, inputs };
}
