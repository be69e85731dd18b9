import { WeightMatcher } from '../../alignment/weight-matching.js';
import type { CouplingFactory } from './coupling.js';

/**
 * The hidden neurons of each x_1 are permuted to match its x_0 best (weight matching in the
 * coordinates of the flow), which straightens the paths without a global reference. It preserves
 * the target distribution up to permutations of neurons, which do not change functions, provided
 * the prior is exchangeable over neurons and the velocity network is equivariant.
 *
 * @see Klein et al. 2023, "Equivariant flow matching"
 */
export const equivariant: CouplingFactory = (space) => {
  const matcher = new WeightMatcher(space.architecture, { maxSweeps: MAX_SWEEPS });
  return (x0, x1) =>
    x1.map((network, row) => {
      // The log scale, which is no weight, belongs to no neuron.
      const reference = space.weightCoordinates(x0[row] as Float32Array);
      const { aligned } = matcher.match(reference, space.weightCoordinates(network));
      return space.withWeightCoordinates(network, aligned);
    });
};

/** Coordinate descent nearly always converges before this. */
const MAX_SWEEPS = 10;
