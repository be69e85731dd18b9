import type { TensorOps } from '../ops/tensor-ops.js';

/** What the network's output stands for. */
export const PREDICTIONS = ['endpoint', 'velocity'] as const;
export type Prediction = (typeof PREDICTIONS)[number];

/**
 * The velocity at (x_t, t) from the network's output.
 *
 * - `endpoint`: `v = (x̂_1 − x_t) / (1 − t)`, derived from the current point, so that it is right
 *   off the ideal path as well
 * - `velocity`: the output itself
 *
 * @param xt - tensors [batch, …]
 * @param t - [batch], in [0, 1)
 * @see notation §6
 */
export function velocityOf<T>(
  ops: TensorOps<T>,
  prediction: Prediction,
  output: readonly T[],
  xt: readonly T[],
  t: T,
): readonly T[] {
  if (prediction === 'velocity') return output;
  const rest = ops.sub(ops.constant(1), t);
  return output.map((end, index) => {
    const x = xt[index] as T;
    return ops.div(ops.sub(end, x), alongBatch(ops, rest, x));
  });
}

/** One number per network, [batch], shaped to broadcast over a tensor [batch, …]. */
export function alongBatch<T>(ops: TensorOps<T>, perNetwork: T, like: T): T {
  const ones = Array.from({ length: ops.shape(like).length - 1 }, () => 1);
  return ops.reshape(perNetwork, [...ops.shape(perNetwork), ...ones]);
}
