import type { TensorOps } from '../ops/tensor-ops.js';
import { alongBatch } from './prediction.js';

/** A point of the path between noise and data, and the velocity of the path there. */
export interface PathSample<T> {
  readonly xt: readonly T[];
  readonly ut: readonly T[];
}

/**
 * The straight path `x_t = (1 − t) x_0 + t x_1` with velocity `u_t = x_1 − x_0` (σ = 0).
 *
 * @param x0 - noise, tensors [batch, …]
 * @param x1 - data, tensors of the same shapes
 * @param t - [batch]
 * @see Lipman et al. 2023; notation §5
 */
export function samplePath<T>(
  ops: TensorOps<T>,
  x0: readonly T[],
  x1: readonly T[],
  t: T,
): PathSample<T> {
  const ut = x1.map((end, index) => ops.sub(end, x0[index] as T));
  const xt = ut.map((u, index) => ops.add(x0[index] as T, ops.mul(alongBatch(ops, t, u), u)));
  return { xt, ut };
}
