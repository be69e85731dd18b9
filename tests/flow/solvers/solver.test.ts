import { describe, expect, it } from 'vitest';
import {
  evaluationsOf,
  lastStepSolver,
  SOLVER_METHODS,
  SOLVERS,
} from '../../../src/flow/solvers/solver.js';
import { solve, ODE_CASES, type OdeCase } from './fields.js';

/** An ODE that counts how often its field is evaluated, and where at most. */
function counting(): { ode: OdeCase; counted: { evaluations: number; latest: number } } {
  const counted = { evaluations: 0, latest: 0 };
  const [base] = ODE_CASES;
  const ode: OdeCase = {
    ...base!,
    field: (point, t) => {
      counted.evaluations++;
      counted.latest = Math.max(counted.latest, ...t.data);
      return base!.field(point, t);
    },
  };
  return { ode, counted };
}

describe('the table of solvers', () => {
  it.each(SOLVERS)(
    'tells the evaluations of a step of %s, and whether one is at its end',
    (solver) => {
      const { step, evaluations, evaluatesEnd } = SOLVER_METHODS[solver];
      const { ode, counted } = counting();
      solve(step, ode, 1);
      expect(counted.evaluations).toBe(evaluations);
      expect(counted.latest === 1).toBe(evaluatesEnd);
    },
  );

  it.each(SOLVERS)('ends %s with a step that is not evaluated at its end, and lands', (solver) => {
    expect(SOLVER_METHODS[lastStepSolver(solver)]).toMatchObject({
      evaluatesEnd: false,
      landsOnPrediction: true,
    });
  });

  it.each([
    ['euler', 1, 1],
    ['euler', 8, 8],
    ['heun', 1, 1],
    ['heun', 8, 15],
    ['rk4', 1, 1],
    ['rk4', 8, 29],
  ] as const)('%s, %d steps: %d evaluations', (solver, steps, evaluations) => {
    expect(evaluationsOf(solver, steps)).toBe(evaluations);
  });
});
