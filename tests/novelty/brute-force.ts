import type { WeightSpace } from '../../src/flow/weight-space.js';
import { networkOf } from '../../src/network/network.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { permuteNeurons } from '../../src/network/permute.js';

/** min_π ‖a − π b‖ over all permutations of all groups, one by one. */
export function bruteForceDistance(space: WeightSpace, a: Float32Array, b: Float32Array): number {
  const { architecture } = space;
  const { parameters } = networkOf(architecture);
  const spec = permutationSpec(architecture);
  const choices = spec.groups.map(({ size }) => permutationsOf(size));
  const weights = b.subarray(0, parameters);
  let best = Infinity;
  const visit = (chosen: readonly Int32Array[]): void => {
    const next = choices[chosen.length];
    if (next !== undefined) {
      for (const permutation of next) visit([...chosen, permutation]);
      return;
    }
    const permuted = [
      ...permuteNeurons(weights, architecture, spec, chosen),
      ...b.subarray(parameters),
    ];
    best = Math.min(best, distance(a, permuted));
  };
  visit([]);
  return best;
}

/** ‖a − b‖ */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.hypot(...Array.from(a, (value, i) => value - (b[i] as number)));
}

function permutationsOf(size: number): Int32Array[] {
  if (size === 0) return [new Int32Array()];
  return permutationsOf(size - 1).flatMap((shorter) =>
    Array.from({ length: size }, (_, at) =>
      Int32Array.from([...shorter.slice(0, at), size - 1, ...shorter.slice(at)]),
    ),
  );
}
