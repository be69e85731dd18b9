import { alongBatch } from '../../flow/probability-path.js';
import { lastStepSolver, SOLVER_METHODS, type Solver } from '../../flow/solvers/solver.js';
import type { VelocityField } from '../../flow/solvers/solver-step.js';
import { euclidean } from '../../geometry/euclidean.js';
import { product } from '../../geometry/product.js';
import {
  ReferenceOps,
  scalarValue,
  tensor,
  type ReferenceTensor,
} from '../../ops/reference-ops.js';
import type { TensorOps } from '../../ops/tensor-ops.js';

/**
 * The exact velocity field from N(0, 1) to N(m, 1) in every coordinate: the mean of `x_1 − x_0` given
 * `x_t = (1−t) x_0 + t x_1`, x_0 and x_1 independent, `v(x, t) = m + a(t)(x − t m)` with
 * `a(t) = (2t − 1) / (t² + (1−t)²)`.
 */
export function exactField<T>(ops: TensorOps<T>, mean: number): VelocityField<T> {
  const m = ops.constant(mean);
  return (point, t) => {
    const rest = ops.sub(ops.constant(1), t);
    const energy = ops.add(ops.mul(t, t), ops.mul(rest, rest));
    const rate = ops.div(ops.sub(t, rest), energy);
    return point.map((x) => {
      const deviation = ops.sub(x, alongBatch(ops, ops.mul(t, m), x));
      return ops.add(m, ops.mul(alongBatch(ops, rate, x), deviation));
    });
  };
}

/**
 * The variance of samples of the exact field on the uniform grid: every step multiplies a deviation
 * by the solver's stability polynomial, and noise of variance `c² Δt` is added before each step.
 * The mean is exact for every solver.
 *
 * @param strength - c of the stochasticity, over the whole trajectory
 */
export function sampleVariance(solver: Solver, steps: number, strength: number): number {
  const dt = 1 / steps;
  let variance = 1;
  for (let k = 0; k < steps; k++) {
    const method = k === steps - 1 ? lastStepSolver(solver) : solver;
    variance = growth(method, k * dt, dt) ** 2 * (variance + strength ** 2 * dt);
  }
  return variance;
}

/**
 * The strength c(Δt) that compensates for the variance that a solver loses, with `noise = c √Δt`
 * per step.
 *
 * Under the exact field Euler's method loses `(1 + π/2) Δt` to first order, solvers of higher order
 * nothing of that order; noise of strength c adds `c² ∫ dt/(t² + (1−t)²) = c² π/2`. Hence
 * `c² = (1 + 2/π) Δt` for order 1 and 0 for the others.
 */
export function recommendedStrength(solver: Solver, steps: number): number {
  return SOLVER_METHODS[solver].order === 1 ? Math.sqrt((1 + 2 / Math.PI) / steps) : 0;
}

/**
 * The strength that brings the variance to 1, from two measurements by the same solver and steps:
 * under a field that is affine in x the variance is affine in c². A learned field that itself loses
 * variance needs more noise than its solver alone.
 *
 * @param without - variance without noise
 * @param probed - variance with noise of strength `probe`
 */
export function calibratedStrength(without: number, probed: number, probe: number): number {
  return probe * Math.sqrt(Math.max(0, 1 - without) / (probed - without));
}

/**
 * The factor of one step on a deviation: a step from deviation 1, since the field is linear in it.
 */
function growth(solver: Solver, t: number, dt: number): number {
  const { step } = SOLVER_METHODS[solver];
  const row = (value: number): ReferenceTensor => tensor([value], [1]);
  const [end] = step(OPS, LINE, exactField(OPS, 0), [row(1)], row(t), row(dt));
  return scalarValue(end as ReferenceTensor);
}

const OPS = new ReferenceOps();
const LINE = product([euclidean]);
