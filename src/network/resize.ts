import { graphArchitecture, type Architecture, type ArchitectureNode } from './architecture.js';
import type { GraphNode } from './graph.js';
import { layerOf, type LayerNode } from './layers/registry.js';
import { networkOf } from './network.js';
import type { NeuronGroup } from './symmetry.js';

/**
 * A network of the same family and the same activations with other numbers of hidden neurons.
 *
 * @param sizeOf - number of neurons of a group, at least 1
 * @throws WeightspringError `invalid-argument` for a number that a layer may not have
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
 * @param layerAt - what is at a node instead of its layer
 * @throws WeightspringError `invalid-argument` for a shape that the layers cannot read
 */
export function withInput(
  arch: Architecture,
  input: readonly number[],
  layerAt: (node: GraphNode) => LayerNode = ({ layer }) => layer,
): Architecture {
  const nodes = networkOf(arch).graph.nodes.map((node) =>
    writtenNode({ ...node, layer: layerAt(node) }),
  );
  return graphArchitecture({ input, nodes });
}

function writtenNode({ id, inputs, layer }: GraphNode): ArchitectureNode {
  return { ...layer, id, inputs };
}
