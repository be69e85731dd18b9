import type { Architecture } from '../network/architecture.js';
import { networkLogits } from '../network/forward.js';
import { OUTPUT } from '../network/neurons.js';
import type { Point } from '../network/point-layout.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import { alongBatch } from './probability-path.js';

/** What behaviour losses need to evaluate the networks of points. */
export interface Behaviour<T> {
  /** Architecture of the points; its hidden widths do not matter. */
  readonly architecture: Architecture;
  /** Inputs of these networks, [M, K]. */
  readonly rows: T;
  /** {@link WeightSpace.decodingScales} of the points, [tensors + 1]. */
  readonly scales: T;
}

/**
 * The difference between the classifications of two batches of networks:
 * `mean KL( softmax f_{x_1}(x) ‖ softmax f_{x̂_1}(x) )` over rows x and points.
 *
 * @param target - x_1
 * @param end - x̂_1, on the manifold of the data
 * @returns a scalar
 * @see notation §11
 */
export function behaviourLoss<T>(
  ops: TensorOps<T>,
  behaviour: Behaviour<T>,
  target: Point<T>,
  end: Point<T>,
): T {
  const wanted = pointLogits(ops, behaviour, target);
  const said = pointLogits(ops, behaviour, end);
  const excess = ops.sub(ops.logSoftmax(wanted), ops.logSoftmax(said));
  const last = ops.shape(wanted).length - 1;
  return ops.mean(ops.sum(ops.mul(ops.softmax(wanted), excess), [last]));
}

/** Logits of the networks of a batch of points, [batch, M, C]. */
export function pointLogits<T>(
  ops: TensorOps<T>,
  { architecture, rows, scales }: Behaviour<T>,
  point: Point<T>,
): T {
  return networkLogits(ops, architecture, decodePoint(ops, point, scales), rows);
}

/**
 * The weights of a batch of points as stacks by name, `[batch, d_{l−1}, d_l]` and
 * `[batch, 1, d_l]`. Equals `WeightSpace.decode` for points on their spheres, in any interpreter.
 *
 * @param scales - [tensors + 1]: one per tensor of the point, then the mean of the log scale
 */
export function decodePoint<T>(
  ops: TensorOps<T>,
  { layout, tensors }: Point<T>,
  scales: T,
): ReadonlyMap<string, T> {
  const scaleOf = (index: number): T => ops.reshape(ops.slice(scales, 0, index, 1), []);
  const weights = layout.tensors.map((_, index) => ops.mul(tensors[index] as T, scaleOf(index)));
  const logScale = layout.tensors.findIndex(({ role }) => role === 'log-scale');
  const last =
    logScale < 0
      ? undefined
      : ops.exp(ops.add(weights[logScale] as T, scaleOf(layout.tensors.length)));
  return new Map(
    layout.tensors.flatMap(({ name, role, to }, index): readonly (readonly [string, T])[] => {
      if (role === 'log-scale') return [];
      const own = weights[index] as T;
      const [batch = 1, ...sizes] = ops.shape(own);
      const stacked = role === 'bias' ? ops.reshape(own, [batch, 1, ...sizes]) : own;
      if (to !== OUTPUT || last === undefined) return [[name, stacked]];
      return [[name, ops.mul(stacked, alongBatch(ops, ops.reshape(last, [batch]), stacked))]];
    }),
  );
}
