import type { Dim, Shape } from '../onnx/dim.js';
import type { DimValues } from '../onnx/dim-value.js';
import { buildGraph, type GraphNode, type NetworkGraph } from './graph.js';
import { layeredForm } from './layers/layered.js';
import { layerOf, type LayerNode } from './layers/registry.js';
import { findNeurons, type Neurons, type NeuronTable } from './neurons.js';
import { tensorFacts, type TensorFacts } from './slots.js';

/**
 * Networks that differ only in the numbers of their hidden neurons and in what changes neither
 * shapes nor tensors, such as activations. Their tensors differ only in sizes, so one velocity
 * graph and one session with symbolic sizes serve them all.
 */
export interface Family {
  /** Equal for equal families: `30-h1-h2-2` for perceptrons. */
  readonly key: string;
  /** Its layers, with symbols for the sizes of hidden neurons. */
  readonly graph: NetworkGraph;
  /** The sizes of hidden neurons are their names: `h1`, `h2`, … */
  readonly neurons: readonly Neurons<Dim>[];
  readonly tensors: readonly TensorFacts[];
}

/** The family of a graph. */
export function familyOfGraph(graph: NetworkGraph, { neurons, ofValue }: NeuronTable): Family {
  const hidden = new Set(neurons.filter(({ isFixed }) => !isFixed).map(({ name }) => name));
  const specs = graph.nodes.map(({ id, inputs, layer, shape }) => {
    const name = ofValue.get(id) ?? '';
    const size = hidden.has(name) ? name : (shape[0] ?? 1);
    const kind = layerOf(layer);
    return { id, inputs, layer: kind.resized(kind.familyNode(layer), size) };
  });
  return familyOf(buildGraph(graph.input, specs));
}

/**
 * The family of the same layers on inputs of another shape.
 *
 * @param input - of one row
 * @param layerAt - what is at a node instead of its layer
 * @throws WeightspringError `invalid-argument` for a shape that the layers cannot read
 */
export function familyWithInput(
  { graph }: Family,
  input: Shape,
  layerAt: (node: GraphNode) => LayerNode = ({ layer }) => layer,
): Family {
  const nodes = graph.nodes.map((node) => ({ ...node, layer: layerAt(node) }));
  return familyOf(buildGraph(input, nodes));
}

function familyOf(graph: NetworkGraph): Family {
  const table = findNeurons<Dim>(graph);
  return Object.freeze({
    key: familyKey(graph),
    graph,
    neurons: table.neurons,
    tensors: tensorFacts(graph, table),
  });
}

/** The values of a family's symbols for one of its networks. */
export function familySizes({ neurons }: { readonly neurons: readonly Neurons[] }): DimValues {
  return Object.fromEntries(
    neurons.filter(({ isFixed }) => !isFixed).map(({ name, size }) => [name, size]),
  );
}

/** The widths of a perceptron; for any other graph its full definition, as JSON. */
function familyKey(graph: NetworkGraph): string {
  const layered = layeredForm(graph);
  if (layered !== null) return layered.layers.join('-');
  const nodes = graph.nodes.map(({ id, inputs, layer }) => ({ id, inputs, layer }));
  return JSON.stringify({ input: graph.input, nodes });
}
