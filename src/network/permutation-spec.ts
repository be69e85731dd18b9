import type { Architecture } from './architecture.js';
import { networkOf } from './network.js';

/** A group of neurons that are permuted together. */
export interface PermutationGroup {
  /** For a network: `h1`, `h2`, … */
  readonly name: string;
  readonly size: number;
}

/**
 * The permutation symmetry of an architecture as data: which axis of which tensor follows which
 * group. One matcher serves every architecture that can be described in this way.
 *
 * @see Ainsworth et al. 2023, "Git Re-Basin"
 */
export interface PermutationSpec {
  readonly groups: readonly PermutationGroup[];
  /** Tensor name → for each axis the group that permutes it, or null. */
  readonly axes: ReadonlyMap<string, readonly (string | null)[]>;
}

/** The spec of an architecture: all groups of its hidden neurons, in the order of the network. */
export function permutationSpec(arch: Architecture): PermutationSpec {
  const { groups, slots } = networkOf(arch);
  const free = new Set(groups.map(({ name }) => name));
  return {
    groups: groups.map(({ name, size }) => ({ name, size })),
    axes: new Map(
      slots.map(({ name, axes }) => [
        name,
        axes.map((neurons) => (neurons !== null && free.has(neurons) ? neurons : null)),
      ]),
    ),
  };
}
