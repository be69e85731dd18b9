import type { Solver } from '../../../src/flow/solvers/solver.js';

/** What the suites that all solvers pass need to know of each. */
export interface SolverCase {
  /** Numbers of steps between which its order shows. */
  readonly counts: readonly [number, number];
  /** What a step from t of length dt multiplies x by under `dx/dt = rate(t) x`, worked out by hand. */
  readonly factor: (rate: (t: number) => number, t: number, dt: number) => number;
}

export const SOLVER_CASES: Readonly<Record<Solver, SolverCase>> = {
  euler: { counts: [80, 320], factor: (rate, t, dt) => 1 + dt * rate(t) },
  heun: {
    counts: [40, 160],
    factor: (rate, t, dt) => 1 + (dt / 2) * (rate(t) + rate(t + dt) * (1 + dt * rate(t))),
  },
  rk4: {
    counts: [20, 80],
    factor: (rate, t, dt) => {
      const k1 = rate(t);
      const k2 = rate(t + dt / 2) * (1 + (dt / 2) * k1);
      const k3 = rate(t + dt / 2) * (1 + (dt / 2) * k2);
      const k4 = rate(t + dt) * (1 + dt * k3);
      return 1 + (dt / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
    },
  },
};
