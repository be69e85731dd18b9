import { describe, expect, it } from 'vitest';
import { architecture } from '../../../src/network/architecture.js';
import { FLOW_GEOMETRIES, pointGeometry } from '../../../src/flow/geometry.js';
import { velocityOf } from '../../../src/flow/prediction.js';
import { alongPath, type SolverStep } from '../../../src/flow/solvers/solver-step.js';
import { lastStepSolver, SOLVER_METHODS, SOLVERS } from '../../../src/flow/solvers/solver.js';
import { TIME_GRIDS, timesOf } from '../../../src/flow/solvers/time-grid.js';
import { ReferenceOps } from '../../../src/ops/reference-ops.js';
import { layoutIn } from '../../support/point-of.js';
import { gap, priorPoint, type Point } from '../points.js';
import { BATCH, everyRow } from './fields.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 4, 2]);

/**
 * The midpoint method, which is no solver of ours: along the velocity half a step ahead. It never
 * evaluates the field at its end, and yet its last step passes the predicted end point.
 */
const midpointStep: SolverStep = (o, path, field, point, t, dt) => {
  const half = o.mul(o.constant(1 / 2), dt);
  const middle = path.expMap(o, point, alongPath(o, half, field(point, t)));
  const velocity = path.parallelTransport(o, middle, point, field(middle, o.add(t, half)));
  return path.expMap(o, point, alongPath(o, dt, velocity));
};

describe.each(FLOW_GEOMETRIES)('integration of endpoint predictions, %s', (geometry) => {
  const start = priorPoint(ARCH, geometry, BATCH, 'start');
  const layout = layoutIn(geometry, ARCH);
  const { data, path } = pointGeometry(geometry, layout.tensors);

  /** Steps along a grid, the times at which the field was evaluated, and what it predicted last. */
  function integrate(
    grid: ArrayLike<number>,
    stepAt: (k: number) => SolverStep,
  ): { point: Point; predicted: Point; latest: number } {
    let predicted: Point = [];
    let latest = 0;
    let point = start;
    for (let k = 0; k < grid.length - 1; k++) {
      const [now, next] = [grid[k]!, grid[k + 1]!];
      point = stepAt(k)(
        ops,
        path,
        (x, t) => {
          latest = Math.max(latest, ...t.data);
          const waves = x.map((part) => ops.sin(ops.mul(part, ops.constant(3))));
          predicted = data.projectPoint(ops, waves);
          const model = { layout, prediction: 'endpoint', geometry } as const;
          return velocityOf(ops, model, predicted, x, t);
        },
        point,
        everyRow(now),
        everyRow(next - now),
      );
    }
    return { point, predicted, latest };
  }

  const cases = SOLVERS.flatMap((solver) =>
    TIME_GRIDS.flatMap((grid) => [1, 2, 5].map((steps) => [solver, grid, steps] as const)),
  );

  it.each(cases)(
    '%s on a %s grid lands on the last predicted end point after %d steps (1e-12)',
    (solver, grid, steps) => {
      const { point, predicted, latest } = integrate(
        timesOf(grid, steps),
        (k) => SOLVER_METHODS[k < steps - 1 ? solver : lastStepSolver(solver)].step,
      );
      expect(latest).toBeLessThan(1);
      expect(gap(point, predicted)).toBeLessThan(1e-12);
      expect(gap(data.projectPoint(ops, point), point)).toBeLessThan(1e-12);
    },
  );

  /** Whether one step to t = 1 lands; undefined where it evaluates the field there. */
  function lands(step: SolverStep): boolean | undefined {
    const { point, predicted, latest } = integrate([0.5, 1], () => step);
    return latest === 1 ? undefined : gap(point, predicted) < 1e-12;
  }

  it.each(SOLVERS)('the table tells whether a step of %s lands, where it may', (solver) => {
    const { step, landsOnPrediction } = SOLVER_METHODS[solver];
    expect(lands(step) ?? false).toBe(landsOnPrediction);
  });

  it('a step that is not evaluated at its end need not land: the midpoint method does not', () => {
    expect(lands(midpointStep)).toBe(false);
  });
});
