import { euler } from './euler.js';
import { heun } from './heun.js';
import { rk4 } from './rk4.js';
import type { SolverMethod } from './solver-method.js';

/** Solvers of the flow's ODE. To add one, write its file and add its name here. */
const METHODS = { euler, heun, rk4 };

export type Solver = keyof typeof METHODS;

export const SOLVER_METHODS: Readonly<Record<Solver, SolverMethod>> = METHODS;

/** Names of the solvers. */
export const SOLVERS = Object.keys(METHODS) as readonly Solver[];

/**
 * The solver of the last step, which ends at t = 1: it must not evaluate the field there, and must
 * land on the prediction.
 */
export function lastStepSolver(solver: Solver): Solver {
  const { evaluatesEnd, landsOnPrediction } = SOLVER_METHODS[solver];
  return !evaluatesEnd && landsOnPrediction ? solver : 'euler';
}

/** Evaluations of the velocity network in `steps` steps. */
export function evaluationsOf(solver: Solver, steps: number): number {
  return (
    (steps - 1) * SOLVER_METHODS[solver].evaluations +
    SOLVER_METHODS[lastStepSolver(solver)].evaluations
  );
}
