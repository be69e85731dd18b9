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
  /** Whether a step evaluates the field at its end, where an endpoint prediction is singular at t = 1. */
  readonly evaluatesEnd: boolean;
  /**
   * Whether a step that ends at t = 1 lands on the end point that the network predicted last. A step
   * along a velocity other than that at its start does not: half a step back, the same end point
   * takes twice the velocity.
   */
  readonly landsOnPrediction: boolean;
}

export const SOLVER_METHODS: Readonly<Record<Solver, SolverMethod>> = {
  euler: { step: eulerStep, evaluations: 1, evaluatesEnd: false, landsOnPrediction: true },
  heun: { step: heunStep, evaluations: 2, evaluatesEnd: true, landsOnPrediction: false },
  rk4: { step: rk4Step, evaluations: 4, evaluatesEnd: true, landsOnPrediction: false },
};

/** The solver of the last step, which ends at t = 1: one that can be evaluated there, and lands. */
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
