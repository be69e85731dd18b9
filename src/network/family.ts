import type { Dim } from '../onnx/dim.js';
import type { DimValues } from '../onnx/dim-value.js';
import { buildGraph, type NetworkGraph } from './graph.js';
import { layeredForm } from './layers/layered.js';
import { layerOf } from './layers/registry.js';
import { findNeurons, type Neurons, type NeuronTable } from './neurons.js';
import { tensorFacts, type TensorFacts } from './slots.js';

/**
 * Networks that have all in common but the numbers of their hidden neurons and what changes neither
 * shapes nor tensors, such as activations. Their tensors differ only in sizes, so with symbols for
 * these one velocity graph and one session serve them all.
 */
export interface Family {
  /** Equal for equal families: `30-h1-h2-2` for perceptrons. */
  readonly key: string;
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
  const symbolic = buildGraph(graph.input, specs);
  const table = findNeurons<Dim>(symbolic);
  return Object.freeze({
    key: familyKey(symbolic),
    neurons: table.neurons,
    tensors: tensorFacts(symbolic, table),
  });
}

/** The values of a family's symbols for one of its networks. */
export function familySizes({ neurons }: { readonly neurons: readonly Neurons[] }): DimValues {
  return Object.fromEntries(
    neurons.filter(({ isFixed }) => !isFixed).map(({ name, size }) => [name, size]),
  );
}

/** The widths of a perceptron; of another graph everything that defines it, as JSON. */
function familyKey(graph: NetworkGraph): string {
  const layered = layeredForm(graph);
  if (layered !== null) return layered.layers.join('-');
  const nodes = graph.nodes.map(({ id, inputs, layer }) => ({ id, inputs, layer }));
  return JSON.stringify({ input: graph.input, nodes });
}
