import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { pointGeometry, type FlowGeometry } from '../../src/flow/geometry.js';
import { predict, velocityOf } from '../../src/flow/prediction.js';
import { SOLVER_METHODS } from '../../src/flow/solvers/solver.js';
import { timesOf } from '../../src/flow/solvers/time-grid.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { RecordedDivergence } from '../../src/likelihood/divergence.js';
import type { LikelihoodFlow } from '../../src/likelihood/likelihood-flow.js';
import { logLikelihood } from '../../src/likelihood/log-likelihood.js';
import { reverseSteps } from '../../src/likelihood/reverse-trajectory.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { layoutOf } from '../support/point-of.js';
import { tinyFlow } from './tiny-flow.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 2, 2]);
const STEPS = 6;
type Point = readonly ReferenceTensor[];

const everyRow = (rows: number, value: number): ReferenceTensor =>
  tensor(new Float64Array(rows).fill(value));

function velocity(flow: LikelihoodFlow, point: Point, time: number): Point {
  const t = everyRow(point[0]!.shape[0]!, time);
  const parameter = (name: string): ReferenceTensor => {
    const { data, shape } = flow.parameters.get(name)!;
    return tensor(data, shape);
  };
  const model = { ...flow.model, layout: layoutOf(point) };
  return velocityOf(ops, model, predict(ops, model, parameter, point, t), point, t);
}

/** Flat coordinates as a batch of points, float64. */
function pack(space: WeightSpace, rows: readonly ArrayLike<number>[]): Point {
  let offset = 0;
  return space.pack([new Float32Array(space.dimension)]).map(({ shape: [, ...shape] }) => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const start = offset;
    offset += size;
    const data = rows.flatMap((row) => Array.from(row).slice(start, start + size));
    return tensor(data, [rows.length, ...shape]);
  });
}

function unpack(point: Point): number[][] {
  const rows = point[0]!.shape[0]!;
  return Array.from({ length: rows }, (_, row) =>
    point.flatMap(({ data }) => {
      const size = data.length / rows;
      return [...data.subarray(row * size, (row + 1) * size)];
    }),
  );
}

/** An orthonormal basis of the tangent space at the only row of a point: Gram–Schmidt. */
function tangentBasis(space: WeightSpace, at: Point): number[][] {
  const { path } = pointGeometry(space.geometry, space.layout.tensors);
  const basis: number[][] = [];
  for (let k = 0; k < space.dimension; k++) {
    const unit = Array.from({ length: space.dimension }, (_, i) => (i === k ? 1 : 0));
    const [projected] = unpack(path.projectTangent(ops, at, pack(space, [unit])));
    const rest = basis.reduce((v, e) => {
      const share = v.reduce((sum, x, i) => sum + x * e[i]!, 0);
      return v.map((x, i) => x - share * e[i]!);
    }, projected!);
    const norm = Math.hypot(...rest);
    if (norm > 1e-6) basis.push(rest.map((x) => x / norm));
  }
  return basis;
}

/** `log |det|` by elimination with row pivots. */
function logDeterminant(matrix: number[][]): number {
  const rows = matrix.map((row) => [...row]);
  let sum = 0;
  for (let k = 0; k < rows.length; k++) {
    const tail = rows.slice(k).map((row) => Math.abs(row[k]!));
    const pivot = k + tail.indexOf(Math.max(...tail));
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    const lead = rows[k]!;
    sum += Math.log(Math.abs(lead[k]!));
    for (const row of rows.slice(k + 1)) {
      const factor = row[k]! / lead[k]!;
      row.forEach((x, i) => (row[i] = x - factor * lead[i]!));
    }
  }
  return sum;
}

/** Points moved by ±h along every tangent direction, and the directions. */
function neighbours(space: WeightSpace, at: Point, h: number) {
  const { path } = pointGeometry(space.geometry, space.layout.tensors);
  const basis = tangentBasis(space, at);
  const moved = basis.flatMap((e) => [e, e.map((x) => -x)]).map((e) => e.map((x) => h * x));
  const [centre] = unpack(at);
  const points = path.expMap(
    ops,
    pack(
      space,
      moved.map(() => centre!),
    ),
    pack(space, moved),
  );
  return { basis, points };
}

const GEOMETRIES: readonly FlowGeometry[] = ['euclidean', 'geometric'];

describe.each(GEOMETRIES)('the divergence of a %s flow', (geometry) => {
  it.each(['endpoint', 'velocity'] as const)(
    'equals that of finite differences (1e-6), predicting the %s',
    (prediction) => {
      const flow = tinyFlow(ARCH, geometry, prediction);
      const space = new WeightSpace(ARCH, flow.coordinates);
      const at = pack(space, [space.prior(new Random(1))]);
      const h = 1e-4;
      const { basis, points } = neighbours(space, at, h);
      const velocities = unpack(velocity(flow, points, 0.6));
      const expected = basis.reduce((sum, e, k) => {
        const [ahead, behind] = [velocities[2 * k]!, velocities[2 * k + 1]!];
        return sum + e.reduce((s, x, i) => s + (x * (ahead[i]! - behind[i]!)) / (2 * h), 0);
      }, 0);
      const units = Array.from({ length: space.dimension }, (_, k) =>
        Array.from({ length: space.dimension }, (_unused, i) => (i === k ? 1 : 0)),
      );
      const [centre] = unpack(at);
      const model = { ...flow.model, layout: space.layout };
      const { form } = new RecordedDivergence(model).at(
        ops,
        (name) => tensor(flow.parameters.get(name)!.data, flow.parameters.get(name)!.shape),
        {
          point: pack(
            space,
            units.map(() => centre!),
          ),
          probe: pack(space, units),
          t: everyRow(units.length, 0.6),
        },
      );
      const trace = form.data.reduce((sum, value) => sum + value, 0);
      expect(Math.abs(expected)).toBeGreaterThan(0.1);
      expect(Math.abs(trace - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)));
    },
  );

  it(
    'integrates to the change of volume of the whole map in float64 (5e-3 nats)',
    { timeout: 240_000 },
    async () => {
      // Gentle, as a trained field: a wild one leads back past the antipode of its own end point.
      const flow = tinyFlow(ARCH, geometry, 'endpoint', 0.25);
      const space = new WeightSpace(ARCH, flow.coordinates);
      const weights = initialise(ARCH, new Random(4));
      const [result] = await logLikelihood(
        flow,
        [{ architecture: ARCH, weights }],
        { trace: 'exact', steps: STEPS },
        { threads: 1 },
      );
      const { path } = pointGeometry(geometry, space.layout.tensors);
      const back = (start: Point): Point => {
        const rows = start[0]!.shape[0]!;
        return reverseSteps(timesOf('uniform', STEPS), 1e-3).reduce<Point>(
          (point, { session, t, dt }) =>
            SOLVER_METHODS[session === 'euler' ? 'euler' : 'rk4'].step(
              ops,
              path,
              (x, time) => velocity(flow, x, time.data[0]!),
              point,
              everyRow(rows, t),
              everyRow(rows, dt),
            ),
          start,
        );
      };
      const x1 = path.projectPoint(ops, pack(space, [space.standardise(weights)]));
      const h = 1e-5;
      const { basis, points } = neighbours(space, x1, h);
      const ends = unpack(back(points));
      const frame = tangentBasis(space, back(x1));
      const jacobian = basis.map((_, k) =>
        frame.map((e) =>
          e.reduce(
            (sum, x, i) => sum + (x * (ends[2 * k]![i]! - ends[2 * k + 1]![i]!)) / (2 * h),
            0,
          ),
        ),
      );
      expect(frame).toHaveLength(result!.dimension);
      const logVolume = logDeterminant(jacobian);
      expect(Math.abs(logVolume)).toBeGreaterThan(0.2);
      expect(Math.abs(-result!.traceIntegral - logVolume)).toBeLessThan(5e-3);
    },
  );
});
