import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { FLOW_GEOMETRIES, pointGeometry, type FlowGeometry } from '../../src/flow/geometry.js';
import { predict, PREDICTIONS, velocityOf } from '../../src/flow/prediction.js';
import { SOLVER_METHODS, SOLVERS, type Solver } from '../../src/flow/solvers/solver.js';
import { alongPath } from '../../src/flow/solvers/solver-step.js';
import { perturb } from '../../src/flow/stochasticity.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { perturbModel, stepModel, velocityModel } from '../../src/flows/flow-graphs.js';
import type { PointLayout } from '../../src/network/point-layout.js';
import { readFlow, type StoredFlow } from '../../src/flows/flow-store.js';
import { createVelocityNetwork } from '../../src/velocity/create-velocity-network.js';
import { gap, noise, priorPoint, shapesOf, type Point } from '../flow/points.js';
import { layoutIn, layoutOf } from '../support/point-of.js';
import { runModel, type Fetched } from '../support/run-model.js';
import { writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const ops = new ReferenceOps();
const ARCH = architecture([2, 5, 4, 2]);
const FAMILY = networkOf(ARCH).family;
const BATCH = 3;
const T = Float32Array.of(0, 0.3, 0.75);
const DT = Float32Array.of(0.125, 0.25, 0.125);

const CASES = FLOW_GEOMETRIES.flatMap((geometry) =>
  PREDICTIONS.map((prediction) => ({ geometry, prediction })),
);

function feedsOf(prefix: string, point: Point) {
  const { tensors } = layoutOf(point);
  return Object.fromEntries(
    point.map(({ shape, data }, index) => [
      `${prefix}.${tensors[index]!.name}`,
      { shape, data: Float32Array.from(data) },
    ]),
  );
}

function fetchedPoint(
  prefix: string,
  { tensors }: PointLayout,
  outputs: Readonly<Record<string, Fetched>>,
) {
  return tensors.map(({ name }) => {
    const { shape, values } = outputs[`${prefix}.${name}`]!;
    return tensor(values, shape);
  });
}

/** Float32 values, so that both interpreters start from the same numbers. */
function rounded(point: Point): Point {
  return point.map(({ data, shape }) => tensor(Float32Array.from(data), shape));
}

describe.each(CASES)('$geometry flow, $prediction prediction: onnxruntime computes', (setting) => {
  const { geometry, prediction } = setting;
  const point = rounded(priorPoint(ARCH, geometry, BATCH, 'point'));
  const layout = layoutIn(geometry, ARCH);
  const { path } = pointGeometry(geometry, layout.tensors);
  let toy: ToyFlow;
  let flow: StoredFlow;

  beforeAll(async () => {
    toy = await writeToyFlow(setting);
    flow = await readFlow(toy.folder);
  });

  afterAll(() => toy.remove());

  /** The flow's prediction in float64. */
  function predicted(x: Point, t: Point[number]): Point {
    const network = createVelocityNetwork(flow.config.velocity);
    const parameter = (name: string) => {
      const { data, shape } = flow.parameters.get(name)!;
      return tensor(data, shape);
    };
    return predict(ops, { network, layout, prediction, geometry }, parameter, x, t);
  }

  it('the prediction as float64 does (1e-4)', async () => {
    const model = velocityModel(flow.config, flow.parameters, FAMILY);
    const feeds = { ...feedsOf('xt', point), t: { shape: [BATCH], data: T } };
    const [outputs] = await runModel(model, [feeds]);
    const actual = fetchedPoint('predicted', layout, outputs!);
    expect(gap(actual, predicted(point, tensor(T)))).toBeLessThan(1e-4);
    expect(gap(actual, point)).toBeGreaterThan(0.1);
  });

  it.each(SOLVERS)('a step of %s as float64 does, on the manifold (1e-4)', async (solver) => {
    const model = stepModel(flow.config, solver, flow.parameters, FAMILY);
    const [t, dt] = [T, DT].map((data) => ({ shape: [BATCH], data }));
    const [outputs] = await runModel(model, [{ ...feedsOf('x', point), t: t!, dt: dt! }]);
    const actual = fetchedPoint('next', layout, outputs!);
    const field = (x: Point, time: Point[number]): Point =>
      velocityOf(ops, { layout, prediction, geometry }, predicted(x, time), x, time);
    const expected = SOLVER_METHODS[solver].step(ops, path, field, point, tensor(T), tensor(DT));
    expect(gap(actual, expected)).toBeLessThan(1e-4);
    expect(gap(actual, path.projectPoint(ops, actual))).toBeLessThan(1e-5);
    expect(gap(actual, point)).toBeGreaterThan(0.01);
  });
});

describe.each(CASES)('a flow map, $geometry, $prediction prediction', (setting) => {
  const { geometry, prediction } = setting;
  const point = rounded(priorPoint(ARCH, geometry, BATCH, 'point'));
  const layout = layoutIn(geometry, ARCH);
  const { path } = pointGeometry(geometry, layout.tensors);
  let toy: ToyFlow;
  let flow: StoredFlow;

  beforeAll(async () => {
    toy = await writeToyFlow({ ...setting, flowMap: true });
    flow = await readFlow(toy.folder);
  });

  afterAll(() => toy.remove());

  /** Its velocity in float64: at t, or the mean one up to a second time. */
  function velocity(x: Point, t: Point[number], until = t): Point {
    const network = createVelocityNetwork(flow.config.velocity);
    const model = { network, layout, prediction, geometry, flowMap: true };
    const parameter = (name: string) => {
      const { data, shape } = flow.parameters.get(name)!;
      return tensor(data, shape);
    };
    return velocityOf(ops, model, predict(ops, model, parameter, x, t, until), x, t);
  }

  const next = async (solver: Solver): Promise<Point> => {
    const model = stepModel(flow.config, solver, flow.parameters, FAMILY);
    const [t, dt] = [T, DT].map((data) => ({ shape: [BATCH], data }));
    const [outputs] = await runModel(model, [{ ...feedsOf('x', point), t: t!, dt: dt! }]);
    return fetchedPoint('next', layout, outputs!);
  };

  it('jumps in a step of Euler, by the mean velocity up to its end (1e-4)', async () => {
    const until = tensor(T.map((t, row) => t + DT[row]!));
    const step = (v: Point) => path.expMap(ops, point, alongPath(ops, tensor(DT), v));
    const actual = await next('euler');
    expect(gap(actual, step(velocity(point, tensor(T), until)))).toBeLessThan(1e-4);
    expect(gap(actual, step(velocity(point, tensor(T))))).toBeGreaterThan(1e-3);
  });

  it.each(SOLVERS.filter((solver) => solver !== 'euler'))(
    'follows the velocity at its times in a step of %s (1e-4)',
    async (solver) => {
      const expected = SOLVER_METHODS[solver].step(
        ops,
        path,
        (x, t) => velocity(x, t),
        point,
        tensor(T),
        tensor(DT),
      );
      expect(gap(await next(solver), expected)).toBeLessThan(1e-4);
    },
  );
});

it.each(FLOW_GEOMETRIES)(
  'noise on the path of the %s flow is as in float64, on the manifold (1e-5)',
  async (geometry: FlowGeometry) => {
    const toy = await writeToyFlow({ geometry });
    try {
      const point = rounded(priorPoint(ARCH, geometry, BATCH, 'point'));
      const draw = rounded(noise(shapesOf(ARCH, geometry, BATCH), 'draw'));
      const scale = Float32Array.of(0, 0.05, 0.5);
      const layout = layoutIn(geometry, ARCH);
      const { path } = pointGeometry(geometry, layout.tensors);
      const feeds = {
        ...feedsOf('x', point),
        ...feedsOf('noise', draw),
        scale: { shape: [BATCH], data: scale },
      };
      const [outputs] = await runModel(perturbModel(toy.config, FAMILY), [feeds]);
      const actual = fetchedPoint('next', layout, outputs!);
      expect(gap(actual, perturb(ops, path, point, draw, tensor(scale)))).toBeLessThan(1e-5);
      expect(gap(actual, path.projectPoint(ops, actual))).toBeLessThan(1e-5);
    } finally {
      await toy.remove();
    }
  },
);
