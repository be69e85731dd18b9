import type { TensorOps } from '../../ops/tensor-ops.js';
import { alongBatch } from '../prediction.js';

/** The velocity of every coordinate block at a point and a time [batch]. */
export type VelocityField<T> = (point: readonly T[], t: T) => readonly T[];

/**
 * One explicit Euler step, `x ← x + dt · v(x, t)`: order 1, one evaluation. On the grid
 * `t_k = k/n` it never evaluates t = 1, where the velocity of an endpoint prediction is singular;
 * its last step lands on the predicted end point.
 *
 * @param t - [batch]
 * @param dt - [batch]
 */
export function eulerStep<T>(
  ops: TensorOps<T>,
  field: VelocityField<T>,
  point: readonly T[],
  t: T,
  dt: T,
): readonly T[] {
  const velocity = field(point, t);
  return point.map((x, index) => {
    const v = velocity[index] as T;
    return ops.add(x, ops.mul(alongBatch(ops, dt, v), v));
  });
}
