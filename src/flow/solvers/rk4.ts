import type { ProductManifold } from '../../geometry/product.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import type { SolverMethod } from './solver-method.js';
import { addPoints, alongPath, type SolverStep } from './solver-step.js';

const step: SolverStep = (ops, path, field, point, t, dt) => {
  const half = ops.mul(ops.constant(1 / 2), dt);
  const [middle, end] = [ops.add(t, half), ops.add(t, dt)];
  const k1 = field(point, t);
  const k2 = field(retract(ops, path, point, half, k1), middle);
  const k3 = field(retract(ops, path, point, half, k2), middle);
  const k4 = field(retract(ops, path, point, dt, k3), end);
  const two = ops.constant(2);
  const inner = addPoints(ops, k2, k3).map((v) => ops.mul(two, v));
  const sum = addPoints(ops, addPoints(ops, k1, k4), inner);
  return retract(ops, path, point, ops.mul(ops.constant(1 / 6), dt), sum);
};

/**
 * One step of the classical Runge–Kutta method with stages in the ambient space, each projected
 * onto the manifold: order 4, four evaluations. The manifold is invariant under the field extended
 * by `v(P(x), t)`, so projecting does not reduce the order; stages carried by parallel transport
 * would reduce it to 3.
 *
 * @see Hairer, Lubich & Wanner 2006, "Geometric Numerical Integration", IV.4 (projection methods)
 */
export const rk4: SolverMethod = {
  step,
  order: 4,
  evaluations: 4,
  evaluatesEnd: true,
  landsOnPrediction: false,
};

/** `P(x + factor · v)` */
function retract<T>(
  ops: TensorOps<T>,
  path: ProductManifold,
  point: readonly T[],
  factor: T,
  v: readonly T[],
): readonly T[] {
  return path.projectPoint(ops, addPoints(ops, point, alongPath(ops, factor, v)));
}
