import type { ProductManifold } from '../../geometry/product.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import { alongBatch } from '../probability-path.js';

/**
 * The velocity of every tensor of a point at a time [batch]: a tangent of the path's manifold.
 *
 * @param dt - [batch], of a step that this velocity alone makes: a flow map answers with the mean
 *   velocity over it. Default: the velocity at t
 */
export type VelocityField<T> = (point: readonly T[], t: T, dt?: T) => readonly T[];

/**
 * One step of a solver of `dx/dt = v(x, t)` on a manifold.
 *
 * @param path - the manifold that the solution stays on
 * @param point - tensors [batch, …]
 * @param t - [batch]
 * @param dt - [batch]
 * @returns the point at t + dt
 */
export type SolverStep = <T>(
  ops: TensorOps<T>,
  path: ProductManifold,
  field: VelocityField<T>,
  point: readonly T[],
  t: T,
  dt: T,
) => readonly T[];

/** `factor · v` for every tensor, factor [batch]. */
export function alongPath<T>(ops: TensorOps<T>, factor: T, v: readonly T[]): readonly T[] {
  return v.map((part) => ops.mul(alongBatch(ops, factor, part), part));
}

/** `a + b`, tensor by tensor. */
export function addPoints<T>(ops: TensorOps<T>, a: readonly T[], b: readonly T[]): readonly T[] {
  return a.map((part, index) => ops.add(part, b[index] as T));
}
