import type { Dim } from '../onnx/dim.js';
import type { DimValues } from '../onnx/dim-value.js';
import { buildGraph, type NetworkGraph } from './graph.js';
import { layeredForm } from './layers/layered.js';
import { layerOf } from './layers/registry.js';
import { findNeurons, type Neurons, type NeuronTable } from './neurons.js';
import { tensorFacts, type TensorFacts } from './slots.js';

/**
 * Networks that differ in the numbers of their hidden neurons and in what stands between layers
 * without changing shapes: they have their tensors in common, with symbols for the sizes, and so
 * share the graph of a velocity network and a session.
 */
export interface Family {
  /** Equal for equal families: `30-h1-h2-2` of perceptrons. */
  readonly key: string;
  /** With the symbols `h1`, `h2`, … for the sizes of hidden neurons. */
  readonly neurons: readonly Neurons<Dim>[];
  readonly tensors: readonly TensorFacts[];
}

/** The family of a graph. */
export function familyOfGraph(graph: NetworkGraph, { neurons, ofValue }: NeuronTable): Family {
  const hidden = new Set(neurons.filter(({ isFixed }) => !isFixed).map(({ name }) => name));
  const specs = graph.nodes.map(({ id, inputs, layer, shape }) => {
    const own = ofValue.get(id) ?? '';
    const size = hidden.has(own) ? own : (shape[0] ?? 1);
    return { id, inputs, layer: layerOf(layer).familyNode(layer, size) };
  });
  const symbolic = buildGraph(graph.input, specs);
  const table = findNeurons<Dim>(symbolic);
  return Object.freeze({
    key: familyKey(symbolic),
    neurons: table.neurons,
    tensors: tensorFacts(symbolic, table),
  });
}

/** The symbols of a family's sizes for one of its networks. */
export function familySizes({ neurons }: { readonly neurons: readonly Neurons[] }): DimValues {
  return Object.fromEntries(
    neurons.filter(({ isFixed }) => !isFixed).map(({ name, size }) => [name, size]),
  );
}

/** The short form where there is one; else all that stands in the graph, as JSON. */
function familyKey(graph: NetworkGraph): string {
  const layered = layeredForm(graph);
  if (layered !== null) return layered.layers.join('-');
  const nodes = graph.nodes.map(({ id, inputs, layer }) => ({ id, inputs, layer }));
  return JSON.stringify({ input: graph.input, nodes });
}
