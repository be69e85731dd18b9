import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import type { VelocityNetwork } from '../velocity/velocity-network.js';

/** What a flow predicts at a point of the path. */
export const PREDICTIONS = ['endpoint', 'velocity'] as const;
export type Prediction = (typeof PREDICTIONS)[number];

/**
 * The prediction of a flow from its network's output F.
 *
 * - `endpoint`: `x̂_1 = c_skip(t) x_t + c_out(t) F(x_t, t)` with `c_skip = t / (t² + (1−t)²)` and
 *   `c_out = (1−t) / √(t² + (1−t)²)`: for unit-variance x_0 and x_1 the first term is the best
 *   linear prediction of x_1, and F has a unit-variance target at every t
 * - `velocity`: F itself
 *
 * @param xt - tensors [batch, …]
 * @param t - [batch], in [0, 1)
 * @see notation §6; Karras et al. 2022, table 1, for the preconditioning, here on the straight path
 */
export function predict<T>(
  ops: TensorOps<T>,
  network: VelocityNetwork,
  parameter: ParameterSource<T>,
  prediction: Prediction,
  xt: readonly T[],
  t: T,
): readonly T[] {
  const output = network.predict(ops, parameter, xt, t);
  if (prediction === 'velocity') return output;
  const rest = ops.sub(ops.constant(1), t);
  const energy = ops.add(ops.mul(t, t), ops.mul(rest, rest));
  const skip = ops.div(t, energy);
  const out = ops.div(rest, ops.sqrt(energy));
  return output.map((value, index) => {
    const kept = ops.mul(alongBatch(ops, skip, value), xt[index] as T);
    return ops.add(kept, ops.mul(alongBatch(ops, out, value), value));
  });
}

/**
 * The velocity at (x_t, t) from a prediction.
 *
 * - `endpoint`: `v = (x̂_1 − x_t) / (1 − t)`, derived from the current point, so that it is right
 *   off the ideal path as well
 * - `velocity`: the prediction itself
 *
 * @param xt - tensors [batch, …]
 * @param t - [batch], in [0, 1)
 * @see notation §6
 */
export function velocityOf<T>(
  ops: TensorOps<T>,
  prediction: Prediction,
  predicted: readonly T[],
  xt: readonly T[],
  t: T,
): readonly T[] {
  if (prediction === 'velocity') return predicted;
  const rest = ops.sub(ops.constant(1), t);
  return predicted.map((end, index) => {
    const x = xt[index] as T;
    return ops.div(ops.sub(end, x), alongBatch(ops, rest, x));
  });
}

/** One number per network, [batch], shaped to broadcast over a tensor [batch, …]. */
export function alongBatch<T>(ops: TensorOps<T>, perNetwork: T, like: T): T {
  const ones = Array.from({ length: ops.shape(like).length - 1 }, () => 1);
  return ops.reshape(perNetwork, [...ops.shape(perNetwork), ...ones]);
}
