import type { TensorOps } from '../tensor-ops.js';

/** The smallest normal float32: `p log p` of anything below rounds to 0, and log 0 is not asked. */
const TINY = 2 ** -126;

/**
 * The entropy `−Σ p log p` over the last axis, in nats, with `0 log 0 = 0`. At least 0, also where
 * rounding made a probability larger than 1.
 *
 * @param p - probabilities [..., C]
 * @returns [...]
 */
export function entropy<T>(ops: TensorOps<T>, p: T): T {
  const logs = ops.log(ops.maximum(p, ops.constant(TINY)));
  const sum = ops.sum(ops.mul(p, logs), [ops.shape(p).length - 1]);
  return ops.maximum(ops.sub(ops.constant(0), sum), ops.constant(0));
}
