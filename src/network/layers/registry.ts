import { ensure } from '../../errors.js';
import { activation } from './activation.js';
import { add } from './add.js';
import { dense } from './dense.js';
import type { Layer } from './layer.js';

/** The kinds of layers; to add one, see CONTRIBUTING.md. */
const KINDS = [dense, activation, add] as const;

type NodeOf<L> = L extends Layer<infer N> ? N : never;

/** A node of any kind, without id and inputs. */
export type LayerNode = NodeOf<(typeof KINDS)[number]>;

const BY_OP: ReadonlyMap<string, Layer<LayerNode>> = new Map(
  // Each is given only nodes of its own kind, which a union of types cannot say.
  KINDS.map((kind) => [kind.op, kind as unknown as Layer<LayerNode>]),
);

/** Names of the kinds. */
export const LAYER_OPS: readonly LayerNode['op'][] = KINDS.map(({ op }) => op);

/** The grammar of the nodes of every kind: fields beside id and inputs, and how many of these. */
export const LAYER_GRAMMARS: readonly Pick<Layer<LayerNode>, 'op' | 'schema' | 'arity'>[] = KINDS;

/** The kind of a node. @throws WeightspringError `invalid-argument` for an op that there is not */
export function layerOf({ op }: LayerNode): Layer<LayerNode> {
  const kind = BY_OP.get(op);
  ensure(
    kind !== undefined,
    'invalid-argument',
    () => `expected an op of ${LAYER_OPS.join(', ')}, got ${JSON.stringify(op)}`,
    'architecture.nodes',
  );
  return kind;
}
