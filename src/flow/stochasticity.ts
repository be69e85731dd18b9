import type { ProductManifold } from '../geometry/product.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import { alongPath } from './solvers/solver-step.js';

/**
 * Stochastic sampling: before a step of length Δt that starts in `[from, to)`, noise of standard
 * deviation `strength · √Δt` is added to every coordinate. With the root, the total noise over an
 * interval does not depend on the number of steps in it.
 *
 * @see notation §8
 */
export interface Stochasticity {
  /** 0 for none. */
  readonly strength: number;
  readonly from: number;
  readonly to: number;
}

export const DETERMINISTIC: Stochasticity = { strength: 0, from: 0, to: 1 };

/** Standard deviation of the noise before a step from t of length dt. */
export function noiseScale({ strength, from, to }: Stochasticity, t: number, dt: number): number {
  return t >= from && t < to ? strength * Math.sqrt(dt) : 0;
}

/**
 * Adds noise on a manifold: `exp_x(scale · P_x ξ)`, P_x the projection to the tangent space.
 *
 * @param noise - ξ, standard normal, shaped as the point
 * @param scale - [batch]
 */
export function perturb<T>(
  ops: TensorOps<T>,
  path: ProductManifold,
  point: readonly T[],
  noise: readonly T[],
  scale: T,
): readonly T[] {
  const tangent = path.projectTangent(ops, point, noise);
  return path.expMap(ops, point, alongPath(ops, scale, tangent));
}
