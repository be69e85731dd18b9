import type { SolverMethod } from './solver-method.js';
import { addPoints, alongPath, type SolverStep } from './solver-step.js';

const step: SolverStep = (ops, path, field, point, t, dt) => {
  const first = field(point, t);
  const trial = path.expMap(ops, point, alongPath(ops, dt, first));
  const there = field(trial, ops.add(t, dt));
  const second = path.parallelTransport(ops, trial, point, there);
  const half = ops.mul(ops.constant(1 / 2), dt);
  return path.expMap(ops, point, alongPath(ops, half, addPoints(ops, first, second)));
};

/**
 * One step of Heun's method: `x̃ = exp_x(dt v_1)`, then along the mean of both velocities,
 * `x ← exp_x(dt/2 (v_1 + Γ v(x̃, t + dt)))`, where Γ transports the second one back to x along the
 * geodesic: order 2, two evaluations.
 */
export const heun: SolverMethod = {
  step,
  order: 2,
  evaluations: 2,
  evaluatesEnd: true,
  landsOnPrediction: false,
};
