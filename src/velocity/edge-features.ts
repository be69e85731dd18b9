import { gelu } from '../ops/composites/activations.js';
import { layerNorm } from '../ops/composites/layer-norm.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { dropLastAxis, expandAxis } from './tensor-axes.js';

/** The weights between two layers and the neurons at their ends. */
export interface EdgeBlock<T> {
  /** [batch, n, m, d_e] */
  readonly edge: T;
  /** [batch, n, D] */
  readonly from: T;
  /** [batch, m, D] */
  readonly to: T;
}

/**
 * How an edge takes in news from its ends:
 *
 * - `lean`: `e_ij + B gelu(A e_ij + P h_i + Q h_j)`;
 * - `normed`: `e_ij + MLP(norm(e_ij) + P h_i + Q h_j)`, of twice the edge's width inside.
 *
 * A weight has d_e features, so that each pass over the edges of wide layers costs more than what
 * it computes: `lean` has six, `normed` twice as many, and half the operations.
 */
export const EDGE_UPDATES = ['lean', 'normed'] as const;
export type EdgeUpdate = (typeof EDGE_UPDATES)[number];

export interface EdgeOptions {
  /** d_e */
  readonly width: number;
  readonly update: EdgeUpdate;
}

/** What an edge and its ends say together: linear maps of the ends are cheaper than of pairs. */
function withEnds<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  { edge, from, to }: EdgeBlock<T>,
  { width, update }: EdgeOptions,
): T {
  const mapped = (end: string, x: T, bias = true): T =>
    linear(ops, parameter, `${name}.${end}`, x, width, { bias });
  const own = update === 'lean' ? mapped('edge', edge, false) : layerNorm(ops, edge);
  const ahead = ops.add(own, expandAxis(ops, mapped('from', from), 2));
  return ops.add(ahead, expandAxis(ops, mapped('to', to), 1));
}

/**
 * An edge after news from its ends.
 *
 * Parameters: the linear maps `${name}.from`, `${name}.to`, and `${name}.edge`, `${name}.out`
 * without biases for `lean`, `${name}.mlp.in`, `${name}.mlp.out` for `normed`.
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
  const mixed = withEnds(ops, parameter, name, block, options);
  const map = (part: string, x: T, size: number, bias = true): T =>
    linear(ops, parameter, `${name}.${part}`, x, size, { bias });
  const news =
    update === 'lean'
      ? map('out', gelu(ops, mixed), width, false)
      : map('mlp.out', gelu(ops, map('mlp.in', mixed, 2 * width)), width);
  return ops.add(block.edge, news);
}

/**
 * One value per weight from its edge and its ends, 0 before training.
 *
 * Parameters: the linear maps `${name}.from`, `${name}.to`, `${name}.out`, for `lean` also
 * `${name}.edge` without a bias.
 *
 * @returns [batch, n, m]
 */
export function edgeValues<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  block: EdgeBlock<T>,
  options: EdgeOptions,
): T {
  const inner = gelu(ops, withEnds(ops, parameter, name, block, options));
  return dropLastAxis(ops, linear(ops, parameter, `${name}.out`, inner, 1, { init: 'zeros' }));
}
