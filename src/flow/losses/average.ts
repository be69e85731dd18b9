import type { TensorOps } from '../../ops/tensor-ops.js';

/** The mean of scalars, one per tensor: tensors count alike, whatever their size. */
export function averageOf<T>(ops: TensorOps<T>, values: readonly T[]): T {
  const total = values.reduce((sum, value) => ops.add(sum, value));
  return ops.mul(total, ops.constant(1 / values.length));
}

/** The mean over tensors of the mean squared difference of their coordinates. */
export function meanSquare<T>(ops: TensorOps<T>, values: readonly T[], targets: readonly T[]): T {
  return averageOf(
    ops,
    values.map((value, index) => {
      const error = ops.sub(value, targets[index] as T);
      return ops.mean(ops.mul(error, error));
    }),
  );
}
