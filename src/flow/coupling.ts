import { type Architecture } from '../architecture/architecture.js';
import { WeightMatcher } from '../alignment/weight-matching.js';

/** How the pairs (x_0, x_1) of a batch are formed. */
export const COUPLINGS = ['independent', 'equivariant'] as const;
export type CouplingKind = (typeof COUPLINGS)[number];

/**
 * Pairs noise with data.
 *
 * @param x0 - noise, flat coordinates per network
 * @param x1 - data in the same coordinates
 * @returns the x_1 to use beside each x_0
 */
export type Coupling = (
  x0: readonly Float32Array[],
  x1: readonly Float32Array[],
) => readonly ArrayLike<number>[];

/**
 * The coupling of a kind for one architecture.
 *
 * `equivariant` permutes the hidden neurons of each x_1 to match its x_0 best (weight matching in
 * the coordinates of the flow), which straightens the paths without a global reference. It keeps
 * the target distribution up to the permutations that leave every network's function unchanged,
 * provided the prior is exchangeable over neurons and the velocity network is equivariant.
 *
 * @see notation §6; Klein et al. 2023, "Equivariant flow matching"
 */
export function createCoupling(kind: CouplingKind, arch: Architecture): Coupling {
  switch (kind) {
    case 'independent':
      return (_, x1) => x1;
    case 'equivariant': {
      const matcher = new WeightMatcher(arch, { maxSweeps: MAX_SWEEPS });
      return (x0, x1) =>
        x1.map((network, row) =>
          Float32Array.from(matcher.match(x0[row] as Float32Array, network).aligned),
        );
    }
  }
}

/** Coordinate descent nearly always stops by itself before this. */
const MAX_SWEEPS = 10;
