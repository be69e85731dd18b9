import { activation, type Activation } from './activation.js';
import type { LayerNode } from './registry.js';

/** The activation shared by all nodes that have one; null if they differ or none has one. */
export function soleActivation(nodes: readonly { readonly layer: LayerNode }[]): Activation | null {
  const names = new Set(
    nodes.flatMap(({ layer }) => (layer.op === activation.op ? [layer.function] : [])),
  );
  const [name] = names;
  return names.size === 1 && name !== undefined ? name : null;
}
