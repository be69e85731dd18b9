import { describe, expect, it } from 'vitest';
import { FLOW_GEOMETRIES, pointGeometry, type FlowGeometry } from '../../src/flow/geometry.js';
import {
  GUIDANCE_FORMS,
  guidanceLoss,
  guidedVelocity,
  type GuidanceForm,
} from '../../src/flow/guidance.js';
import {
  GUIDANCE_SCHEDULES,
  scheduled,
  type GuidanceSchedule,
} from '../../src/flow/guidance-schedule.js';
import {
  endOf,
  predict,
  PREDICTIONS,
  velocityOf,
  type FlowModel,
} from '../../src/flow/prediction.js';
import { samplePath, velocityTowards } from '../../src/flow/probability-path.js';
import { addPoints, alongPath } from '../../src/flow/solvers/solver-step.js';
import { architecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import {
  ReferenceOps,
  scalarValue,
  tensor,
  type ReferenceTensor,
} from '../../src/ops/reference-ops.js';
import { replay, Tracer } from '../../src/ops/trace.js';
import { Random } from '../../src/random.js';
import { fitInputSpectrum, inputMetricOf } from '../../src/training/fit-input-metric.js';
import { centralDifferences } from '../ops/finite-differences.js';
import { fittedSpace } from '../support/fitted-space.js';
import { layoutIn } from '../support/point-of.js';
import { gap, networkOf, noise, noParameters, priorPoint, shapesOf, type Point } from './points.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 4, 2]);
const BATCH = 2;
const TIMES = tensor([0.2, 0.7]);
const STRENGTH = 3;
const ROWS = tensor(new Random(1, 'rows').normals(5 * 3), [5, 3]);
const TARGETS = tensor([1, 0, 0, 1, 1, 0, 0, 1, 0, 1], [5, 2]);
/** Of central differences in float64, times the strength. */
const TOLERANCE = 1e-6;

/** A field in which the end point depends on the point of the path. */
function modelOf(geometry: FlowGeometry, prediction: FlowModel['prediction']): FlowModel {
  const layout = layoutIn(geometry, ARCH);
  const output = noise(shapesOf(ARCH, geometry, BATCH), 'output');
  const network = networkOf((o, _, point) =>
    point.tensors.map((x, index) => {
      const { data, shape } = output[index]!;
      return o.add(o.sin(x), o.constant(data, shape));
    }),
  );
  return { layout, network, prediction, geometry };
}

function guideOf(model: FlowModel) {
  const scales = model.layout.tensors.map((_, index) => 0.5 + 0.1 * index);
  return {
    architecture: ARCH,
    rows: ROWS,
    targets: TARGETS,
    scales: tensor([...scales, 0.3]),
    strength: tensor([STRENGTH], []),
  };
}

/** The guided velocity at a point, as recorded and replayed. */
function guided(
  model: FlowModel,
  { form, schedule }: { form: GuidanceForm; schedule: GuidanceSchedule },
  xt: Point,
): Point {
  const tracer = new Tracer();
  const bindings = new Map<ReturnType<Tracer['input']>, ReferenceTensor>();
  const input = (name: string, value: ReferenceTensor) => {
    const recorded = tracer.input(name, value.shape);
    bindings.set(recorded, value);
    return recorded;
  };
  const { rows, targets, scales, strength, architecture: arch } = guideOf(model);
  const guide = {
    architecture: arch,
    rows: input('rows', rows),
    targets: input('targets', targets),
    scales: input('scales', scales),
    strength: input('strength', strength),
  };
  const point = xt.map((value, index) => input(`x${index}`, value));
  const t = input('t', TIMES);
  const predicted = predict(tracer, model, noParameters, point, t);
  const method = { form, schedule, gradients: 1 };
  const none = (name: string) => xt.map((part, k) => input(`${name}${k}`, zeros(part)));
  const state = {
    shift: none('shift'),
    first: none('first'),
    second: none('second'),
    taken: input('taken', tensor([0, 0])),
  };
  const at = { predicted, xt: point, t };
  const { velocity } = guidedVelocity(tracer, model, method, guide, at, state);
  return replay(velocity, ops, bindings);
}

const zeros = ({ data, shape }: ReferenceTensor): ReferenceTensor =>
  tensor(new Float64Array(data.length), shape);

function lossAt(model: FlowModel, tensors: Point): number {
  return scalarValue(guidanceLoss(ops, guideOf(model), { layout: model.layout, tensors }));
}

/** `∇ f` by central differences, as a point. */
function slope(at: Point, f: (point: Point) => number): Point {
  return centralDifferences(f, at).map((data, index) => ({ shape: at[index]!.shape, data }));
}

const along = (share: (t: number) => number): ReferenceTensor =>
  tensor(Array.from(TIMES.data, (t) => -STRENGTH * share(t)));

describe.each(FLOW_GEOMETRIES)('guidance of the %s flow', (geometry) => {
  describe.each(PREDICTIONS)('that predicts the %s', (prediction) => {
    const model = modelOf(geometry, prediction);
    const { data, path } = pointGeometry(geometry, model.layout.tensors);
    const xt = samplePath(
      ops,
      path,
      priorPoint(ARCH, geometry, BATCH, 'noise'),
      priorPoint(ARCH, geometry, BATCH, 'data'),
      TIMES,
    );
    const endAt = (x: Point): Point =>
      endOf(ops, model, predict(ops, model, noParameters, x, TIMES), x, TIMES);
    const velocity = velocityOf(
      ops,
      model,
      predict(ops, model, noParameters, xt, TIMES),
      xt,
      TIMES,
    );

    it('moves the predicted end point down the gradient, and leads there', () => {
      const end = endAt(xt);
      const gradient = data.projectTangent(
        ops,
        end,
        slope(end, (point) => lossAt(model, point)),
      );
      const shifted = data.expMap(
        ops,
        end,
        alongPath(
          ops,
          along((t) => t),
          gradient,
        ),
      );
      const expected = velocityTowards(ops, path, xt, shifted, TIMES);
      const found = guided(model, { form: 'end-point', schedule: 'linear' }, xt);
      expect(gap(found, expected)).toBeLessThan(TOLERANCE / 0.3);
      expect(gap(found, velocityTowards(ops, path, xt, end, TIMES))).toBeGreaterThan(0.01);
    });

    it('takes the same loss through the velocity network', () => {
      const gradient = path.projectTangent(
        ops,
        xt,
        slope(xt, (point) => lossAt(model, endAt(point))),
      );
      const rate = along((t) => 1 / (1 - t));
      const expected = addPoints(ops, velocity, alongPath(ops, rate, gradient));
      const found = guided(model, { form: 'through-network', schedule: 'constant' }, xt);
      expect(gap(found, expected)).toBeLessThan(TOLERANCE / 0.3);
      expect(gap(found, velocity)).toBeGreaterThan(0.01);
    });

    it("takes the thesis's gradient at the point of the path", () => {
      const gradient = path.projectTangent(
        ops,
        xt,
        slope(xt, (point) => lossAt(model, data.projectPoint(ops, point))),
      );
      const rate = along((t) => 1 - t);
      const expected = addPoints(ops, velocity, alongPath(ops, rate, gradient));
      const found = guided(model, { form: 'current-point', schedule: 'falling' }, xt);
      expect(gap(found, expected)).toBeLessThan(TOLERANCE);
      expect(gap(found, velocity)).toBeGreaterThan(0.01);
    });

    it.each(GUIDANCE_FORMS)('is tangent to the path in the form %s (1e-10)', (form) => {
      const found = guided(model, { form, schedule: 'constant' }, xt);
      expect(gap(path.projectTangent(ops, xt, found), found)).toBeLessThan(1e-10);
    });
  });

  it('asks what the decoded networks say of the raw rows', async () => {
    const networks = Array.from({ length: 4 }, (_, seed) =>
      new Random(seed, 'network').normals(3 * 4 + 4 + 4 * 2 + 2),
    );
    const metric = inputMetricOf(await fitInputSpectrum(new Random(2).normals(3 * 40), 3), 2);
    const space = await fittedSpace(ARCH, networks, geometry, { inputMetric: metric });
    const point = space.pack(networks.slice(0, BATCH).map((network) => space.standardise(network)));
    const raw = Float32Array.from(ROWS.data);
    const guide = {
      architecture: space.architecture,
      rows: tensor(metric.whiten(raw), [5, 2]),
      targets: TARGETS,
      scales: tensor(space.decodingScales),
    };
    const tensors = point.map(({ data, shape }) => tensor(data, shape));
    const loss = scalarValue(guidanceLoss(ops, guide, { layout: space.layout, tensors }));
    const expected = space.decode(point).map((weights) => {
      const logits = forward(ARCH, weights, raw);
      const rows = Array.from({ length: 5 }, (_, row) => {
        const [a, b] = [logits[2 * row]!, logits[2 * row + 1]!];
        return Math.log(Math.exp(a) + Math.exp(b)) - (TARGETS.data[2 * row] === 1 ? a : b);
      });
      return rows.reduce((sum, value) => sum + value) / 5;
    });
    expect(loss).toBeCloseTo(expected[0]! + expected[1]!, 4);
  });
});

describe('schedules', () => {
  it.each([
    ['constant', [2, 2, 2]],
    ['linear', [0, 1, 1.8]],
    ['quadratic', [0, 0.5, 1.62]],
    ['falling', [2, 1, 0.2]],
  ] as const)('%s', (schedule, expected) => {
    const at = scheduled(ops, schedule, ops.constant(2), tensor([0, 0.5, 0.9]));
    const values = ops.broadcastTo(at, [3]).data;
    expected.forEach((value, index) => {
      expect(values[index]).toBeCloseTo(value, 12);
    });
  });

  it('are all tested', () => {
    expect([...GUIDANCE_SCHEDULES]).toEqual(['constant', 'linear', 'quadratic', 'falling']);
  });
});
