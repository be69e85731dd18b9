import type { SolverMethod } from './solver-method.js';
import { alongPath, type SolverStep } from './solver-step.js';

const step: SolverStep = (ops, path, field, point, t, dt) =>
  path.expMap(ops, point, alongPath(ops, dt, field(point, t, dt)));

/**
 * One Euler step along a geodesic, `x ← exp_x(dt · v(x, t))`: order 1, one evaluation. On a grid
 * that ends at 1 it never evaluates t = 1, where the velocity of an endpoint prediction is singular;
 * its last step lands on the predicted end point. Along a flow map it is the jump
 * `x ← X_{t, t+dt}(x)`, exact for an exact map however long it is.
 */
export const euler: SolverMethod = {
  step,
  order: 1,
  evaluations: 1,
  evaluatesEnd: false,
  landsOnPrediction: true,
};
