import { isDeepStrictEqual } from 'node:util';
import type { Dim } from '../../onnx/dim.js';
import { INPUT, type GraphNode, type NetworkGraph, type NodeSpec } from '../graph.js';
import type { Activation } from './activation.js';
import { dense } from './dense.js';
import { soleActivation } from './sole-activation.js';

/**
 * A multi-layer perceptron: widths `(d_0, …, d_L)` and the activation between its layers, the short
 * form of the graph `dense, activation, dense, …, dense`.
 */
export interface LayeredForm<D extends Dim = number> {
  readonly layers: readonly D[];
  readonly activation: Activation;
}

/** The nodes of a multi-layer perceptron. */
export function layeredNodes({ layers, activation }: LayeredForm<Dim>): readonly NodeSpec[] {
  return layers
    .slice(1)
    .flatMap((units, index): readonly NodeSpec[] => [
      ...(index === 0 ? [] : [{ layer: { op: 'activation', function: activation } } as const]),
      { layer: { op: 'dense', units } },
    ]);
}

/**
 * The short form of a graph, or null if it has none: if it is no perceptron, has different
 * activations or ids of its own, which would be lost. Without hidden layers, relu is the activation.
 */
export function layeredForm({ input, nodes }: NetworkGraph): LayeredForm<Dim> | null {
  const [features] = input;
  if (features === undefined || input.length > 1) return null;
  const widths = nodes.flatMap(({ layer }) => (layer.op === dense.op ? [layer.units] : []));
  const form = { layers: [features, ...widths], activation: soleActivation(nodes) ?? 'relu' };
  const usual = layeredNodes(form);
  const isUsual = ({ id, inputs, layer }: GraphNode, index: number): boolean => {
    const before = nodes[index - 1]?.id ?? INPUT;
    const isChained = inputs.length === 1 && inputs[0] === before;
    return id === String(index) && isChained && isDeepStrictEqual(layer, usual[index]?.layer);
  };
  return nodes.length === usual.length && nodes.every(isUsual) ? form : null;
}
