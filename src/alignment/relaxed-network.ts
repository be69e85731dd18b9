import type { PermutationSpec } from '../network/permutation-spec.js';
import { multiplyDims } from '../onnx/dim.js';
import type { TensorOps } from '../ops/tensor-ops.js';

/**
 * A network under relaxed permutations: new neuron i is `Σ_j P[i, j]` times old neuron j, so that
 * `W_l ← P_{l−1} W_l P_lᵀ` and `b_l ← P_l b_l`, in general a product with P along every axis that
 * follows its group. Equals `permuteNeurons` for permutation matrices.
 *
 * @param tensors - by name; `[d_{l−1}, d_l]` and `[d_l]`
 * @param relaxed - one matrix `[n, n]` per group of the spec
 */
export function relaxedNetwork<T>(
  ops: TensorOps<T>,
  { groups, axes }: PermutationSpec,
  tensors: ReadonlyMap<string, T>,
  relaxed: readonly T[],
): ReadonlyMap<string, T> {
  const matrices = new Map(groups.map(({ name }, index) => [name, relaxed[index]]));
  const permuted = new Map<string, T>();
  for (const [name, x] of tensors) {
    let moved = x;
    (axes.get(name) ?? []).forEach((group, axis) => {
      const matrix = matrices.get(group ?? '');
      if (matrix !== undefined) moved = productAlong(ops, matrix, moved, axis);
    });
    permuted.set(name, moved);
  }
  return permuted;
}

/** P times a tensor along one of its axes: a product from the left or, on the last axis, the right. */
function productAlong<T>(ops: TensorOps<T>, matrix: T, x: T, axis: number): T {
  const shape = ops.shape(x);
  const [before, size, after] = [shape.slice(0, axis), shape[axis] ?? 1, shape.slice(axis + 1)];
  const isLast = after.length === 0 && axis > 0;
  const inner = multiplyDims(...after);
  if (isLast) return ops.matMul(x, ops.transpose(matrix, [1, 0]));
  return ops.reshape(ops.matMul(matrix, ops.reshape(x, [...before, size, inner])), shape);
}
