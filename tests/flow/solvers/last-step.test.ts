import { describe, expect, it } from 'vitest';
import { architecture } from '../../../src/architecture/architecture.js';
import { FLOW_GEOMETRIES, pointGeometry } from '../../../src/flow/geometry.js';
import { velocityOf } from '../../../src/flow/prediction.js';
import { lastStepSolver, SOLVER_METHODS, SOLVERS } from '../../../src/flow/solvers/solver.js';
import { TIME_GRIDS, timesOf } from '../../../src/flow/solvers/time-grid.js';
import { ReferenceOps } from '../../../src/ops/reference-ops.js';
import { gap, priorPoint, type Point } from '../points.js';
import { BATCH, everyRow } from './fields.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 4, 2]);

describe.each(FLOW_GEOMETRIES)('integration of endpoint predictions, %s', (geometry) => {
  const start = priorPoint(ARCH, geometry, BATCH, 'start');
  const { data, path } = pointGeometry(geometry, start.length);
  const cases = SOLVERS.flatMap((solver) =>
    TIME_GRIDS.flatMap((grid) => [1, 2, 5].map((steps) => [solver, grid, steps] as const)),
  );

  it.each(cases)(
    '%s on a %s grid lands on the last predicted end point after %d steps (1e-12)',
    (solver, grid, steps) => {
      let predicted: Point = [];
      const times: number[] = [];
      const times0to1 = timesOf(grid, steps);
      let point = start;
      for (let k = 0; k < steps; k++) {
        const { step } = SOLVER_METHODS[k < steps - 1 ? solver : lastStepSolver(solver)];
        const [now, next] = [times0to1[k]!, times0to1[k + 1]!];
        point = step(
          ops,
          path,
          (x, t) => {
            times.push(...t.data);
            const waves = x.map((part) => ops.sin(ops.mul(part, ops.constant(3))));
            predicted = data.projectPoint(ops, waves);
            return velocityOf(ops, { prediction: 'endpoint', geometry }, predicted, x, t);
          },
          point,
          everyRow(now),
          everyRow(next - now),
        );
      }
      expect(Math.max(...times)).toBeLessThan(1);
      expect(gap(point, predicted)).toBeLessThan(1e-12);
      expect(gap(data.projectPoint(ops, point), point)).toBeLessThan(1e-12);
    },
  );
});
