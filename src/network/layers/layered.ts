import type { Dim } from '../../onnx/dim.js';
import { INPUT, type NetworkGraph, type NodeSpec } from '../graph.js';
import type { Activation } from './activation.js';

/**
 * A multi-layer perceptron: widths `(d_0, …, d_L)` and the activation between its layers, the short
 * form of the graph `dense, activation, dense, …, dense`.
 */
export interface LayeredForm<D extends Dim = number> {
  readonly layers: readonly D[];
  readonly activation: Activation;
}

/** The nodes of a multi-layer perceptron. */
export function layeredNodes({ layers, activation }: LayeredForm): readonly NodeSpec[] {
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
  if (features === undefined || input.length > 1 || nodes.length % 2 === 0) return null;
  const layers: Dim[] = [features];
  let activation: Activation | undefined;
  for (const [index, { id, inputs, layer }] of nodes.entries()) {
    const before = index === 0 ? INPUT : String(index - 1);
    if (id !== String(index) || inputs.length > 1 || inputs[0] !== before) return null;
    if (index % 2 === 0) {
      if (layer.op !== 'dense') return null;
      layers.push(layer.units);
    } else {
      if (layer.op !== 'activation' || layer.function !== (activation ?? layer.function))
        return null;
      activation = layer.function;
    }
  }
  return { layers, activation: activation ?? 'relu' };
}
