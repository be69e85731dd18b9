import { WeightMatcher } from '../../alignment/weight-matching.js';
import { networkOf } from '../../network/network.js';
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
  const weights = networkOf(space.architecture).parameters;
  const matcher = new WeightMatcher(space.architecture, { maxSweeps: MAX_SWEEPS });
  return (x0, x1) =>
    x1.map((network, row) => {
      const reference = (x0[row] as Float32Array).subarray(0, weights);
      // The log scale, after the weights, belongs to no neuron.
      const coupled = network.slice();
      coupled.set(matcher.match(reference, network.subarray(0, weights)).aligned);
      return coupled;
    });
};

/** Coordinate descent nearly always converges before this. */
const MAX_SWEEPS = 10;
