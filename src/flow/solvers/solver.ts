import { eulerStep } from './euler.js';
import { heunStep } from './heun.js';
import { rk4Step } from './rk4.js';
import type { SolverStep } from './solver-step.js';

/** Solvers of the flow's ODE. */
export const SOLVERS = ['euler', 'heun', 'rk4'] as const;
export type Solver = (typeof SOLVERS)[number];

interface SolverMethod {
  readonly step: SolverStep;
  /** Of the velocity network, a step. */
  readonly evaluations: number;
  /** Whether a step evaluates the field at its end, which t = 1 forbids. */
  readonly reachesEnd: boolean;
}

export const SOLVER_METHODS: Readonly<Record<Solver, SolverMethod>> = {
  euler: { step: eulerStep, evaluations: 1, reachesEnd: false },
  heun: { step: heunStep, evaluations: 2, reachesEnd: true },
  rk4: { step: rk4Step, evaluations: 4, reachesEnd: true },
};

/** The solver of the last step, which ends at t = 1: one that does not evaluate the field there. */
export function lastStepSolver(solver: Solver): Solver {
  return SOLVER_METHODS[solver].reachesEnd ? 'euler' : solver;
}

/** Evaluations of the velocity network in `steps` steps. */
export function evaluationsOf(solver: Solver, steps: number): number {
  return (
    (steps - 1) * SOLVER_METHODS[solver].evaluations +
    SOLVER_METHODS[lastStepSolver(solver)].evaluations
  );
}
