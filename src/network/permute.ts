import { ensure, WeightspringError } from '../errors.js';
import type { Architecture } from './architecture.js';
import { ensureWeights, networkOf } from './network.js';
import type { PermutationSpec } from './permutation-spec.js';

/**
 * One permutation per group of a {@link PermutationSpec}, in its order. New neuron i is old neuron
 * `permutation[i]`.
 */
export type GroupPermutations = readonly Int32Array[];

/** The permutations that leave every neuron where it is. */
export function identityPermutations({ groups }: PermutationSpec): Int32Array[] {
  return groups.map(({ size }) => Int32Array.from({ length: size }, (_, i) => i));
}

/**
 * The permutation that undoes `permutation`: `inverse[permutation[i]] = i`.
 *
 * @throws WeightspringError `invalid-argument` unless each of 0 … n − 1 occurs exactly once
 */
export function invertPermutation(permutation: Int32Array): Int32Array {
  const inverse = new Int32Array(permutation.length).fill(-1);
  permutation.forEach((from, to) => {
    ensure(
      from >= 0 && from < permutation.length && inverse[from] === -1,
      'invalid-argument',
      () =>
        `expected each of 0 to ${String(permutation.length - 1)} exactly once in a permutation, ` +
        `got ${String(from)} at position ${String(to)}`,
    );
    inverse[from] = to;
  });
  return inverse;
}

/**
 * The same function with its hidden neurons in another order.
 *
 * For one hidden layer `W_l ← W_l P`, `b_l ← b_l P`, `W_{l+1} ← Pᵀ W_{l+1}`; here every axis that
 * the spec ties to a group is gathered by that group's permutation.
 *
 * @param weights - flat
 * @param permutations - one per group of `spec`
 * @throws WeightspringError `shape-mismatch` or `invalid-argument` for permutations that do not fit
 */
export function permuteNeurons(
  weights: ArrayLike<number>,
  arch: Architecture,
  spec: PermutationSpec,
  permutations: GroupPermutations,
): Float32Array {
  ensureWeights(arch, weights);
  const byGroup = permutationsByGroup(spec, permutations);
  const permuted = new Float32Array(weights.length);
  for (const { name, shape, offset } of networkOf(arch).slots) {
    const groups = spec.axes.get(name) ?? [];
    const gathers = shape.map((_, axis) => byGroup.get(groups[axis] ?? ''));
    gatherAxes(weights, permuted, shape, gathers, 0, offset, offset);
  }
  return permuted;
}

/**
 * Permutations by the name of their group.
 *
 * @throws WeightspringError `shape-mismatch` or `invalid-argument` unless there is one valid
 * permutation of its size for every group
 */
export function permutationsByGroup(
  { groups }: PermutationSpec,
  permutations: GroupPermutations,
): ReadonlyMap<string, Int32Array> {
  return new Map(
    groups.map(({ name, size }, index) => {
      const permutation = permutations[index];
      if (permutation?.length !== size) {
        throw new WeightspringError(
          'shape-mismatch',
          `expected a permutation of ${String(size)} neurons for group ${name}, ` +
            `got ${permutation === undefined ? 'none' : String(permutation.length)}`,
        );
      }
      invertPermutation(permutation);
      return [name, permutation];
    }),
  );
}

/** Copies a tensor, reordering each axis that has a gather. */
function gatherAxes(
  source: ArrayLike<number>,
  target: Float32Array,
  shape: readonly number[],
  gathers: readonly (Int32Array | undefined)[],
  axis: number,
  from: number,
  to: number,
): void {
  const size = shape[axis] ?? 1;
  const gather = gathers[axis];
  if (axis >= shape.length - 1) {
    for (let i = 0; i < size; i++) {
      target[to + i] = source[from + (gather === undefined ? i : (gather[i] as number))] as number;
    }
    return;
  }
  const stride = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  for (let i = 0; i < size; i++) {
    const old = gather === undefined ? i : (gather[i] as number);
    gatherAxes(source, target, shape, gathers, axis + 1, from + old * stride, to + i * stride);
  }
}
