import type { ProductManifold } from '../geometry/product.js';
import type { TensorOps } from '../ops/tensor-ops.js';

/**
 * The point of the path between noise and data at time t (σ = 0): `x_t = exp_{x_0}(t log_{x_0} x_1)`,
 * in flat space `(1 − t) x_0 + t x_1`.
 *
 * @param path - manifold whose geodesics are the paths
 * @param x0 - noise, tensors [batch, …]
 * @param x1 - data, tensors of the same shapes
 * @param t - [batch]
 * @see Lipman et al. 2023; Chen & Lipman 2024; notation §5
 */
export function samplePath<T>(
  ops: TensorOps<T>,
  path: ProductManifold,
  x0: readonly T[],
  x1: readonly T[],
  t: T,
): readonly T[] {
  return path.geodesic(ops, x0, x1, t);
}

/**
 * The velocity that leads from x_t to an end point at time 1: `log_{x_t}(x_1) / (1 − t)`, in flat
 * space `(x_1 − x_t) / (1 − t)`. Since it is derived from the current point, it is also correct off
 * the ideal path.
 *
 * @param xt - tensors [batch, …]
 * @param t - [batch], in [0, 1)
 * @see notation §6
 */
export function velocityTowards<T>(
  ops: TensorOps<T>,
  path: ProductManifold,
  xt: readonly T[],
  end: readonly T[],
  t: T,
): readonly T[] {
  const rest = ops.sub(ops.constant(1), t);
  return path.logMap(ops, xt, end).map((v) => ops.div(v, alongBatch(ops, rest, v)));
}

/** One number per network, [batch], shaped to broadcast over a tensor [batch, …]. */
export function alongBatch<T>(ops: TensorOps<T>, perNetwork: T, like: T): T {
  const ones = Array.from({ length: ops.shape(like).length - 1 }, () => 1);
  return ops.reshape(perNetwork, [...ops.shape(perNetwork), ...ones]);
}
