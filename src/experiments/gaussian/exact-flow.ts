import { alongBatch } from '../../flow/probability-path.js';
import type { Solver } from '../../flow/solvers/solver.js';
import { lastStepSolver } from '../../flow/solvers/solver.js';
import type { VelocityField } from '../../flow/solvers/solver-step.js';
import type { TensorOps } from '../../ops/tensor-ops.js';

/**
 * The rate of growth of a deviation from the mean under the exact velocity field from N(0, 1) to
 * N(m, 1): `a(t) = (2t − 1) / (t² + (1−t)²)`, so that `v(x, t) = m + a(t)(x − t m)`.
 *
 * It is the mean of `x_1 − x_0` given `x_t = (1−t) x_0 + t x_1`, x_0 and x_1 independent.
 *
 * @param t - in [0, 1]
 */
export function deviationRate(t: number): number {
  return (2 * t - 1) / (t * t + (1 - t) ** 2);
}

/** The exact velocity field from N(0, 1) to N(mean, 1) in every coordinate. */
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
 * The variance of samples of the exact field on the uniform grid, in closed form: every step
 * multiplies a deviation by the solver's polynomial of the rate, and noise of variance `c² Δt` is
 * added before each. The mean is exact for every solver.
 *
 * @param strength - c of the stochasticity, over the whole trajectory
 */
export function sampleVariance(solver: Solver, steps: number, strength: number): number {
  const dt = 1 / steps;
  let variance = 1;
  for (let k = 0; k < steps; k++) {
    const own = k === steps - 1 ? lastStepSolver(solver) : solver;
    variance = growth(own, k * dt, dt) ** 2 * (variance + strength ** 2 * dt);
  }
  return variance;
}

/**
 * The strength c(Δt) that makes up for the variance which a solver loses, `noise = c √Δt` a step.
 *
 * Under the exact field Euler's method loses `(1 + π/2) Δt` to first order, solvers of a higher
 * order nothing of that order; noise of strength c brings `c² ∫ dt/(t² + (1−t)²) = c² π/2`. Hence
 * `c² = (1 + 2/π) Δt` for Euler and 0 for the others.
 */
export function recommendedStrength(solver: Solver, steps: number): number {
  return solver === 'euler' ? Math.sqrt((1 + 2 / Math.PI) / steps) : 0;
}

/**
 * The strength that brings the variance to 1, from two measurements by the same solver and steps:
 * under a field that is affine in x the variance is affine in c². A learned field that loses
 * variance of its own needs more noise than its solver does.
 *
 * @param without - variance without noise
 * @param probed - variance with noise of strength `probe`
 */
export function calibratedStrength(without: number, probed: number, probe: number): number {
  return probe * Math.sqrt(Math.max(0, 1 - without) / (probed - without));
}

/** What one step multiplies a deviation by. */
function growth(solver: Solver, t: number, dt: number): number {
  const start = deviationRate(t);
  switch (solver) {
    case 'euler':
      return 1 + dt * start;
    case 'heun':
      return 1 + (dt / 2) * (start + deviationRate(t + dt) * (1 + dt * start));
    case 'rk4': {
      const middle = deviationRate(t + dt / 2);
      const k2 = middle * (1 + (dt / 2) * start);
      const k3 = middle * (1 + (dt / 2) * k2);
      const k4 = deviationRate(t + dt) * (1 + dt * k3);
      return 1 + (dt / 6) * (start + 2 * k2 + 2 * k3 + k4);
    }
  }
}
