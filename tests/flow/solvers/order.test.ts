import { describe, expect, it } from 'vitest';
import { heun } from '../../../src/flow/solvers/heun.js';
import { rk4 } from '../../../src/flow/solvers/rk4.js';
import { addPoints, alongPath, type SolverStep } from '../../../src/flow/solvers/solver-step.js';
import { SOLVER_METHODS, SOLVERS } from '../../../src/flow/solvers/solver.js';
import { ReferenceOps, tensor } from '../../../src/ops/reference-ops.js';
import { gap, type Point } from '../points.js';
import { SOLVER_CASES } from './cases.js';
import { DECAY, everyRow, ODE_CASES, ROTATION, solve, type OdeCase } from './fields.js';

const ops = new ReferenceOps();

/** RK4 with stages along geodesics, carried back to the start of the step by parallel transport. */
const transportedRk4: SolverStep = (o, path, field, point, t, dt) => {
  const half = o.mul(o.constant(1 / 2), dt);
  const stage = (v: typeof point, length: typeof dt, time: typeof t): typeof point => {
    const there = path.expMap(o, point, alongPath(o, length, v));
    return path.parallelTransport(o, there, point, field(there, time));
  };
  const k1 = field(point, t);
  const k2 = stage(k1, half, o.add(t, half));
  const k3 = stage(k2, half, o.add(t, half));
  const k4 = stage(k3, dt, o.add(t, dt));
  const inner = alongPath(o, o.add(dt, dt), addPoints(o, k2, k3));
  const sum = addPoints(o, alongPath(o, dt, addPoints(o, k1, k4)), inner);
  return path.expMap(
    o,
    point,
    sum.map((v) => o.div(v, o.constant(6))),
  );
};

/** The exponent p of error ∝ steps⁻ᵖ between two numbers of steps, and the last error. */
function orderOf(
  step: SolverStep,
  ode: OdeCase,
  exact: Point,
  counts: readonly [number, number],
): { order: number; error: number } {
  const [coarse, fine] = counts.map((steps) => gap(solve(step, ode, steps), exact));
  return { order: Math.log(coarse! / fine!) / Math.log(counts[1] / counts[0]), error: fine! };
}

const CASES = SOLVERS.map((name) => {
  const { step, order } = SOLVER_METHODS[name];
  return [name, order, step, SOLVER_CASES[name].counts] as const;
});

describe.each(ODE_CASES)('on $name', (ode) => {
  const exact = solve(rk4.step, ode, 320);

  it('two solvers agree on the solution (1e-4: what 320 steps of Heun miss)', () => {
    expect(gap(solve(heun.step, ode, 320), exact)).toBeLessThan(1e-4);
  });

  it.each(CASES)('%s has order %d (± 0.25)', (_name, order, step, counts) => {
    const found = orderOf(step, ode, exact, counts);
    expect(Math.abs(found.order - order)).toBeLessThan(0.25);
    expect(found.error).toBeLessThan(0.02);
  });

  it.each(CASES)('%s stays on the manifold (1e-13 after 50 steps)', (_name, _order, step) => {
    const end = solve(step, ode, 50);
    expect(gap(ode.path.projectPoint(ops, end), end)).toBeLessThan(1e-13);
  });
});

describe.each([DECAY, ROTATION])('on the closed form of $name', (ode) => {
  it.each(CASES)('%s has order %d (± 0.15)', (_name, order, step, counts) => {
    const found = orderOf(step, ode, ode.end, counts);
    expect(Math.abs(found.order - order)).toBeLessThan(0.15);
  });
});

it.each(CASES)('%s takes a step of its own for every row (1e-12)', (_name, _order, step) => {
  const [ode] = ODE_CASES;
  const { path, field, start } = ode!;
  const at = (dt: readonly number[]): Point =>
    step(ops, path, field, start, everyRow(0.1), tensor(dt));
  const both = at([0.3, 0]);
  start.forEach((_, index) => {
    const row = (point: Point, k: number) => ops.slice(point[index]!, 0, k, 1);
    // The field of a row does not depend on the other rows.
    expect(gap([row(both, 0)], [row(at([0.3, 0.3]), 0)])).toBeLessThan(1e-12);
    expect(gap([row(both, 1)], [row(start, 1)])).toBeLessThan(1e-12);
    expect(gap([row(both, 0)], [row(start, 0)])).toBeGreaterThan(1e-3);
  });
});

it('stages carried by parallel transport leave order 3 on S², where RK4 has 4 (± 0.25)', () => {
  const ode = ODE_CASES[1]!;
  const exact = solve(rk4.step, ode, 320);
  expect(Math.abs(orderOf(transportedRk4, ode, exact, [20, 80]).order - 3)).toBeLessThan(0.25);
});
