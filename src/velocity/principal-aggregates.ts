import type { TensorOps } from '../ops/tensor-ops.js';
import { expandAxis } from './tensor-axes.js';

/** Added to variances, so that the derivative of their root is finite if all messages are equal. */
const EPSILON = 1e-5;
/** Number of neighbours at which all scalers are 1. */
const TYPICAL_DEGREE = 16;

/**
 * The mean, maximum, minimum and standard deviation of messages, each times the scalers 1, s and
 * 1/s with `s = log(n + 1) / log(17)` for n neighbours.
 *
 * @param messages - [batch, n, m, d]
 * @param axis - axis of the neighbours
 * @returns [batch, m, 12 d], or [batch, n, 12 d] for axis 2
 * @see Corso et al. 2020, "Principal neighbourhood aggregation for graph nets"
 */
export function principalAggregates<T>(ops: TensorOps<T>, messages: T, axis: 1 | 2): T {
  const mean = ops.mean(messages, [axis]);
  const centred = ops.sub(messages, expandAxis(ops, mean, axis));
  const variance = ops.mean(ops.mul(centred, centred), [axis]);
  const minusOne = ops.constant(-1);
  const aggregates = ops.concat(
    [
      mean,
      ops.max(messages, [axis]),
      ops.mul(ops.max(ops.mul(messages, minusOne), [axis]), minusOne),
      ops.sqrt(ops.add(variance, ops.constant(EPSILON))),
    ],
    2,
  );
  const degree = ops.add(ops.count(messages, [axis]), ops.constant(1));
  const scaler = ops.mul(ops.log(degree), ops.constant(1 / Math.log(TYPICAL_DEGREE + 1)));
  return ops.concat([aggregates, ops.mul(aggregates, scaler), ops.div(aggregates, scaler)], 2);
}
