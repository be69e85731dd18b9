import { solveAssignment } from '../alignment/linear-assignment.js';
import { WeightMatcher } from '../alignment/weight-matching.js';
import { networkOf } from '../network/network.js';
import type { WeightSpace } from './weight-space.js';

/** How the pairs (x_0, x_1) of a batch are formed. */
export const COUPLINGS = ['independent', 'ot', 'equivariant', 'equivariant-ot'] as const;
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
) => readonly Float32Array[];

/**
 * The coupling of a kind for the points of a space.
 *
 * - `independent`: as drawn
 * - `ot`: the assignment of the batch's data to its noise of least total squared distance, geodesic
 *   for the Geometric flow (Tong et al. 2024)
 * - `equivariant`: the hidden neurons of each x_1 are permuted to match its x_0 best (weight
 *   matching in the coordinates of the flow), which straightens the paths without a global
 *   reference. It keeps the target distribution up to the permutations that leave every network's
 *   function unchanged, provided the prior is exchangeable over neurons and the velocity network is
 *   equivariant (Klein et al. 2023)
 * - `equivariant-ot`: `ot` as drawn, then every x_1 matched to the x_0 that it came to. The other way
 *   round the transport would find nothing to do, as to its own noise each network is matched
 *   already. The optimum over both at once is some 5 % shorter, for one matching per pair of the batch
 *
 * @see notation §6
 */
export function createCoupling(kind: CouplingKind, space: WeightSpace): Coupling {
  switch (kind) {
    case 'independent':
      return (_, x1) => x1;
    case 'ot':
      return optimalTransport(space);
    case 'equivariant':
      return equivariant(space);
    case 'equivariant-ot': {
      const [match, transport] = [equivariant(space), optimalTransport(space)];
      return (x0, x1) => match(x0, transport(x0, x1));
    }
  }
}

function optimalTransport(space: WeightSpace): Coupling {
  return (x0, x1) => {
    const cost = Float64Array.from({ length: x0.length * x1.length }, (_, pair) =>
      space.squaredDistance(
        x0[Math.floor(pair / x1.length)] as Float32Array,
        x1[pair % x1.length] as Float32Array,
      ),
    );
    return Array.from(solveAssignment(cost), (column) => x1[column] as Float32Array);
  };
}

function equivariant(space: WeightSpace): Coupling {
  const weights = networkOf(space.architecture).parameters;
  const matcher = new WeightMatcher(space.architecture, { maxSweeps: MAX_SWEEPS });
  return (x0, x1) =>
    x1.map((network, row) => {
      const reference = (x0[row] as Float32Array).subarray(0, weights);
      // What follows the weights, the log scale, belongs to no neuron.
      const coupled = network.slice();
      coupled.set(matcher.match(reference, network.subarray(0, weights)).aligned);
      return coupled;
    });
}

/** Coordinate descent nearly always stops by itself before this. */
const MAX_SWEEPS = 10;
