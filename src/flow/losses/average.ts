import type { TensorOps } from '../../ops/tensor-ops.js';

/**
 * What a loss is the mean over.
 *
 * - `tensors`: the mean over tensors of the mean over their coordinates, so that the log scale, one
 *   number, counts as much as all first-layer weights
 * - `coordinates`: the mean over all coordinates of a point
 */
export const LOSS_MEANS = ['tensors', 'coordinates'] as const;
export type LossMean = (typeof LOSS_MEANS)[number];

/**
 * The mean of a loss over a point.
 *
 * @param values - per tensor the mean over its coordinates, scalars
 * @param tensors - [batch, …], whose sizes the means weigh by
 */
export function averageOf<T>(
  ops: TensorOps<T>,
  over: LossMean,
  values: readonly T[],
  tensors: readonly T[],
): T {
  if (over === 'tensors') return ops.mul(sumOf(ops, values), ops.constant(1 / values.length));
  const counts = tensors.map((tensor) => coordinates(ops, tensor));
  const weighted = values.map((value, index) => ops.mul(value, counts[index] as T));
  return ops.div(sumOf(ops, weighted), sumOf(ops, counts));
}

/** The mean squared difference of coordinates. */
export function meanSquare<T>(
  ops: TensorOps<T>,
  over: LossMean,
  values: readonly T[],
  targets: readonly T[],
): T {
  const means = values.map((value, index) => {
    const error = ops.sub(value, targets[index] as T);
    return ops.mean(ops.mul(error, error));
  });
  return averageOf(ops, over, means, values);
}

/** Number of coordinates of one network in a tensor [batch, …], a scalar. */
export function coordinates<T>(ops: TensorOps<T>, tensor: T): T {
  const axes = ops.shape(tensor).map((_, axis) => axis);
  return ops.count(tensor, axes.slice(1));
}

function sumOf<T>(ops: TensorOps<T>, values: readonly T[]): T {
  return values.reduce((sum, value) => ops.add(sum, value));
}
