import { ensure } from '../errors.js';
import type { PermutationSpec } from '../network/permutation-spec.js';
import type { TensorOps } from '../ops/tensor-ops.js';

/**
 * A network under relaxed permutations: new neuron i is `Σ_j P[i, j]` times old neuron j, so that
 * `W_l ← P_{l−1} W_l P_lᵀ` and `b_l ← P_l b_l`, in general a product with P along every axis that
 * follows its group. Equals `permuteNeurons` for permutation matrices.
 *
 * @param tensors - by name; `[d_{l−1}, d_l]` and `[d_l]`
 * @param relaxed - one matrix `[n, n]` per group of the spec
 * @throws WeightspringError `unsupported-architecture` when a permuted tensor has a rank above 2
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
    const shape = ops.shape(x);
    const [first, second] = (axes.get(name) ?? []).map((group) => matrices.get(group ?? ''));
    ensure(
      shape.length <= 2,
      'unsupported-architecture',
      () =>
        `relaxed permutations act on vectors and matrices, but ${name} has rank ${shape.length}`,
    );
    // A bias is a matrix of one column here.
    let matrix = shape.length === 1 ? ops.reshape(x, [...shape, 1]) : x;
    if (first !== undefined) matrix = ops.matMul(first, matrix);
    if (second !== undefined) matrix = ops.matMul(matrix, ops.transpose(second, [1, 0]));
    permuted.set(name, shape.length === 1 ? ops.reshape(matrix, shape) : matrix);
  }
  return permuted;
}
