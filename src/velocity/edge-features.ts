import { ensure } from '../errors.js';
import { gelu } from '../ops/composites/activations.js';
import { layerNorm } from '../ops/composites/layer-norm.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { expandAxis } from './tensor-axes.js';

/** Features of the weights between two sets of neurons. */
export interface EdgeFeatures<T> {
  /** Name of the tensor of these weights. */
  readonly name: string;
  /** Names of the two sets. */
  readonly from: string;
  readonly to: string;
  /** [batch, n, m, d_e] */
  readonly features: T;
}

/** Features of edges with those of the neurons at their ends. */
export interface EdgeBlock<T> {
  /** [batch, n, m, d_e] */
  readonly edge: T;
  /** [batch, n, D] */
  readonly from: T;
  /** [batch, m, D] */
  readonly to: T;
}

/**
 * Edges with the neurons at their ends.
 *
 * @param nodes - features of the neurons by the name of their set
 */
export function blockOf<T>(
  { from, to, features }: EdgeFeatures<T>,
  nodes: ReadonlyMap<string, T>,
): EdgeBlock<T> {
  return { edge: features, from: nodesOf(nodes, from), to: nodesOf(nodes, to) };
}

/** Features of the neurons of one set, from those of all sets by name. */
export function nodesOf<T>(nodes: ReadonlyMap<string, T>, neurons: string): T {
  const found = nodes.get(neurons);
  ensure(
    found !== undefined,
    'internal',
    () => `expected features of ${neurons}, got those of ${[...nodes.keys()].join(', ')}`,
  );
  return found;
}

/**
 * How an edge is updated from its ends, `u_ij = norm(e_ij) + P h_i + Q h_j`:
 *
 * - `lean`: `e_ij + B gelu(u_ij)`, half the passes over the edges of wide layers;
 * - `full`: `e_ij + MLP(u_ij)`, with twice the edge's width inside.
 */
export const EDGE_UPDATES = ['lean', 'full'] as const;
export type EdgeUpdate = (typeof EDGE_UPDATES)[number];

export interface EdgeOptions {
  /** d_e */
  readonly width: number;
  readonly update: EdgeUpdate;
}

/**
 * `norm(e_ij) + P h_i + Q h_j`: mapping the ends before broadcasting them to edges is cheaper than
 * after.
 */
function withEnds<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  { edge, from, to }: EdgeBlock<T>,
  width: number,
): T {
  const mapped = (end: string, x: T): T => linear(ops, parameter, `${name}.${end}`, x, width);
  const ahead = ops.add(layerNorm(ops, edge), expandAxis(ops, mapped('from', from), 2));
  return ops.add(ahead, expandAxis(ops, mapped('to', to), 1));
}

/**
 * An edge updated from its ends.
 *
 * Parameters: the linear maps `${name}.from`, `${name}.to`, and `${name}.out` without a bias for
 * `lean`, `${name}.mlp.in` and `${name}.mlp.out` for `full`.
 *
 * @returns [batch, n, m, d_e]
 */
export function updatedEdge<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  block: EdgeBlock<T>,
  options: EdgeOptions,
): T {
  const { width, update } = options;
  const mixed = withEnds(ops, parameter, name, block, width);
  if (update === 'lean') {
    const news = linear(ops, parameter, `${name}.out`, gelu(ops, mixed), width, { bias: false });
    return ops.add(block.edge, news);
  }
  const inner = gelu(ops, linear(ops, parameter, `${name}.mlp.in`, mixed, 2 * width));
  return ops.add(block.edge, linear(ops, parameter, `${name}.mlp.out`, inner, width));
}

/**
 * Numbers per weight from its edge and its ends, 0 before training.
 *
 * Parameters: the linear maps `${name}.from`, `${name}.to`, `${name}.out`.
 *
 * @param width - d_e
 * @param count - numbers per pair of neurons
 * @returns [batch, n, m, count]
 */
export function edgeValues<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  block: EdgeBlock<T>,
  width: number,
  count: number,
): T {
  const inner = gelu(ops, withEnds(ops, parameter, name, block, width));
  return linear(ops, parameter, `${name}.out`, inner, count, { init: 'output' });
}
