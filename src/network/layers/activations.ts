import { activation, type Activation } from './activation.js';
import type { LayerNode } from './registry.js';

/** The activations of all nodes that have one, in their order. */
export function activationsOf(
  nodes: readonly { readonly layer: LayerNode }[],
): readonly Activation[] {
  return nodes.flatMap(({ layer }) => (layer.op === activation.op ? [layer.function] : []));
}

/** The one activation of all nodes that have one; null where they differ, or none has. */
export function soleActivation(nodes: readonly { readonly layer: LayerNode }[]): Activation | null {
  const names = new Set(activationsOf(nodes));
  const [name] = names;
  return names.size === 1 && name !== undefined ? name : null;
}
