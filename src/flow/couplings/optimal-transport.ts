import { solveAssignment } from '../../alignment/linear-assignment.js';
import type { CouplingFactory } from './coupling.js';

/**
 * Assigns the data of a batch to its noise with the least total squared distance (geodesic for the
 * Geometric flow).
 *
 * @see Tong et al. 2024, "Improving and generalizing flow-based generative models with minibatch
 *   optimal transport"
 */
export const optimalTransport: CouplingFactory = (space) => (x0, x1) => {
  const cost = Float64Array.from({ length: x0.length * x1.length }, (_, pair) =>
    space.squaredDistance(
      x0[Math.floor(pair / x1.length)] as Float32Array,
      x1[pair % x1.length] as Float32Array,
    ),
  );
  return Array.from(solveAssignment(cost), (column) => x1[column] as Float32Array);
};
