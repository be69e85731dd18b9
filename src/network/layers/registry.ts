import { ensure } from '../../errors.js';
import { activation } from './activation.js';
import { add } from './add.js';
import { avgPool } from './avg-pool.js';
import { conv2d } from './conv2d.js';
import { dense } from './dense.js';
import { depthwiseConv2d } from './depthwise-conv2d.js';
import { flatten } from './flatten.js';
import { globalAvgPool } from './global-avg-pool.js';
import type { Layer } from './layer.js';
import { maxPool } from './max-pool.js';

/** The kinds of layers; to add one, see CONTRIBUTING.md. */
const KINDS = [
  dense,
  activation,
  add,
  conv2d,
  depthwiseConv2d,
  maxPool,
  avgPool,
  globalAvgPool,
  flatten,
] as const;

type NodeOf<L> = L extends Layer<infer N> ? N : never;

/** A node of any kind, without id and inputs. */
export type LayerNode = NodeOf<(typeof KINDS)[number]>;

const BY_OP: ReadonlyMap<string, Layer<LayerNode>> = new Map(
  // Each layer gets only nodes of its own kind, which a union of types cannot express.
  KINDS.map((kind) => [kind.op, kind as unknown as Layer<LayerNode>]),
);

/** Names of the kinds. */
export const LAYER_OPS: readonly LayerNode['op'][] = KINDS.map(({ op }) => op);

/**
 * The grammar of the nodes of every kind: fields other than id and inputs, and the number of
 * inputs.
 */
export const LAYER_GRAMMARS: readonly Pick<Layer<LayerNode>, 'op' | 'schema' | 'arity'>[] = KINDS;

/** The kind of a node. @throws WeightspringError `invalid-argument` for an unknown op */
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
