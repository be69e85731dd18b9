import { describe, expect, it } from 'vitest';
import { flowMapLoss, type FlowMapBatch, type PathPoint } from '../../src/flow/flow-map.js';
import { FLOW_GEOMETRIES, pointGeometry } from '../../src/flow/geometry.js';
import { FLOW_LOSSES, type FlowLoss } from '../../src/flow/losses/registry.js';
import { predict, velocityOf, type FlowModel } from '../../src/flow/prediction.js';
import { samplePath, velocityTowards } from '../../src/flow/probability-path.js';
import { euler } from '../../src/flow/solvers/euler.js';
import { architecture } from '../../src/network/architecture.js';
import { differentiate } from '../../src/ops/differentiate.js';
import { ReferenceOps, scalarValue, tensor } from '../../src/ops/reference-ops.js';
import { replay, Tracer } from '../../src/ops/trace.js';
import type { VelocityNetwork } from '../../src/velocity/velocity-network.js';
import { layoutIn } from '../support/point-of.js';
import {
  answering,
  answeringParameters,
  gap,
  mapPoint,
  networkOf,
  noise,
  noParameters,
  priorPoint,
  shapesOf,
  type Point,
} from './points.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 5, 4, 2]);
const S = [0, 0.3, 0.6];
const T = [1, 0.55, 0.61];

describe.each(FLOW_GEOMETRIES)('a flow map of the %s flow', (geometry) => {
  const layout = layoutIn(geometry, ARCH);
  const { path } = pointGeometry(geometry, layout.tensors);
  const x0 = priorPoint(ARCH, geometry, 3, 'noise');
  const end = priorPoint(ARCH, geometry, 3, 'data');
  const zero = tensor([0, 0, 0]);
  const at = (to: Point, share: readonly number[]): PathPoint<Point[number]> => ({
    from: x0,
    to,
    share: tensor(share),
  });
  /** Pairs of times of the trajectories that lead straight to an end point. */
  const towards = (to: Point): FlowMapBatch<Point[number]> => ({
    start: at(to, S),
    goal: at(to, T),
    s: tensor(S),
    t: tensor(T),
    stretch: tensor(S.map((s, row) => (1 - s) / (T[row]! - s))),
  });
  /** The flow whose velocity leads to one point: constant along each of its trajectories. */
  const leading = (to: Point): VelocityNetwork =>
    networkOf((o, _, { tensors }, t) =>
      velocityTowards(
        o,
        path,
        tensors,
        to.map(({ data, shape }) => o.constant(data, shape)),
        t,
      ),
    );
  const modelOf = (network: VelocityNetwork): FlowModel => ({
    network,
    layout,
    prediction: 'velocity',
    geometry,
    flowMap: true,
  });
  const lossOf = (
    model: FlowModel,
    batch: FlowMapBatch<Point[number]>,
    loss: FlowLoss = 'chord',
  ): number => scalarValue(flowMapLoss(ops, model, noParameters, loss, batch));

  it('of constant velocity is exact between any two times (1e-18)', () => {
    expect(lossOf(modelOf(leading(end)), towards(end))).toBeLessThan(1e-18);
    const other = priorPoint(ARCH, geometry, 3, 'elsewhere');
    expect(lossOf(modelOf(leading(other)), towards(end))).toBeGreaterThan(0.1);
  });

  it('jumps from x_s to x_t where its loss is zero, in one step of Euler (1e-9)', () => {
    const model = modelOf(leading(end));
    const dt = tensor(T.map((t, row) => t - S[row]!));
    const xs = samplePath(ops, path, x0, end, tensor(S));
    const jumped = euler.step(
      ops,
      path,
      (x, t, span) => {
        const until = ops.add(t, span!);
        return velocityOf(ops, model, predict(ops, model, noParameters, x, t, until), x, t);
      },
      xs,
      tensor(S),
      dt,
    );
    expect(gap(jumped, samplePath(ops, path, x0, end, tensor(T)))).toBeLessThan(1e-9);
    expect(gap(jumped, xs)).toBeGreaterThan(0.1);
  });

  it('is the flow-matching loss where both times are the same and the goal is the data', () => {
    const output = noise(shapesOf(ARCH, geometry, 3), 'output');
    const model: FlowModel = { ...modelOf(answering(output)), prediction: 'endpoint' };
    const batch: FlowMapBatch<Point[number]> = {
      start: at(end, S),
      goal: { from: end, to: end, share: zero },
      s: tensor(S),
      t: tensor(S),
      stretch: tensor([1, 1, 1]),
    };
    const xt = samplePath(ops, path, x0, end, tensor(S));
    const predicted = predict(ops, model, noParameters, xt, tensor(S));
    const squares = predicted.map(({ data }, index) => {
      const sum = data.reduce((all, x, i) => all + (x - end[index]!.data[i]!) ** 2, 0);
      return sum / data.length;
    });
    const expected = squares.reduce((sum, square) => sum + square, 0) / squares.length;
    expect(lossOf(model, batch)).toBeCloseTo(expected, 10);
  });

  it.each(FLOW_LOSSES)('has the gradient of central differences: %s (1e-6)', (loss) => {
    const output = noise(shapesOf(ARCH, geometry, 3), 'output');
    const batch = towards(end);
    const tracer = new Tracer();
    const lift = ({ data, shape }: Point[number]) => tracer.constant(data, shape);
    const liftPlace = ({ from, to, share }: PathPoint<Point[number]>) => ({
      from: from.map(lift),
      to: to.map(lift),
      share: lift(share),
    });
    const network = answeringParameters(output.map(({ shape }) => shape));
    const recorded = flowMapLoss(
      tracer,
      { ...modelOf(network), prediction: 'endpoint' },
      (name, shape) => tracer.input(name, shape),
      loss,
      {
        start: liftPlace(batch.start),
        goal: liftPlace(batch.goal),
        s: lift(batch.s),
        t: lift(batch.t),
        stretch: lift(batch.stretch),
      },
    );
    const inputs = output.map(({ shape }, index) => tracer.input(`f${index}`, shape));
    const values = new Map(inputs.map((input, index) => [input, output[index]!] as const));
    const gradient = replay(differentiate(tracer, recorded, inputs), ops, values);
    output.forEach((part, which) => {
      const element = 3 % part.data.length;
      const moved = (by: number): number => {
        const changed = mapPoint(output, (x, index, i) =>
          index === which && i === element ? x + by : x,
        );
        return lossOf({ ...modelOf(answering(changed)), prediction: 'endpoint' }, batch, loss);
      };
      const expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
      expect(Math.abs(gradient[which]!.data[element]! - expected)).toBeLessThan(1e-6);
    });
  });
});

it('judges short jumps as long ones in flat space: the chord over the square of the span', () => {
  const layout = layoutIn('euclidean', ARCH);
  const [x0, x1] = [
    priorPoint(ARCH, 'euclidean', 3, 'noise'),
    priorPoint(ARCH, 'euclidean', 3, 'data'),
  ];
  const output = noise(shapesOf(ARCH, 'euclidean', 3), 'output');
  const model: FlowModel = {
    network: answering(output),
    layout,
    prediction: 'endpoint',
    geometry: 'euclidean',
    flowMap: true,
  };
  const { path } = pointGeometry('euclidean', layout.tensors);
  const [xs, xt] = [S, T].map((times) => samplePath(ops, path, x0, x1, tensor(times))) as [
    Point,
    Point,
  ];
  const ends = predict(ops, model, noParameters, xs, tensor(S), tensor(T));
  const perTensor = ends.map(({ data }, index) => {
    const rows = data.length / 3;
    const squares = data.map((value, i) => {
      const row = Math.floor(i / rows);
      const share = (T[row]! - S[row]!) / (1 - S[row]!);
      const from = xs[index]!.data[i]!;
      const jumped = from + share * (value - from);
      return ((jumped - xt[index]!.data[i]!) / share) ** 2;
    });
    return squares.reduce((sum, square) => sum + square, 0) / data.length;
  });
  const expected = perTensor.reduce((sum, square) => sum + square, 0) / perTensor.length;
  const loss = flowMapLoss(ops, model, noParameters, 'chord', {
    start: { from: x0, to: x1, share: tensor(S) },
    goal: { from: x0, to: x1, share: tensor(T) },
    s: tensor(S),
    t: tensor(T),
    stretch: tensor(S.map((s, row) => (1 - s) / (T[row]! - s))),
  });
  expect(scalarValue(loss)).toBeCloseTo(expected, 8);
});
