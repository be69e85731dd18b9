import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';

import { sphere } from '../../src/geometry/sphere.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { differentiate } from '../../src/ops/differentiate.js';
import { OnnxOps } from '../../src/ops/onnx-ops.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import type { TensorOps } from '../../src/ops/tensor-ops.js';
import { replay, Tracer } from '../../src/ops/trace.js';
import { Random } from '../../src/random.js';

/** Symbolic batch and widths: one graph for every network. */
const SYMBOLIC = ['batch', 'h1', 'h2'];
const neurons = sphere({ axes: [1], radius: 'sqrt-dim' });
const matrices = sphere({ axes: [1, 2], radius: 'sqrt-dim' });

type Compute = <T>(ops: TensorOps<T>, a: T, b: T) => T;

/** A computation of two tensors as a graph, or its gradient by the first. */
interface Sample {
  readonly shape: readonly [number, number, number];
  readonly a: Float32Array;
  readonly b: Float32Array;
}

function graphOf(compute: Compute): Uint8Array {
  const graph = new GraphBuilder({ name: 'geometry' });
  const ops = new OnnxOps(graph);
  ops.output('result', compute(ops, ops.input('a', SYMBOLIC), ops.input('b', SYMBOLIC)));
  return encodeModel(graph.build());
}

function gradientGraphOf(loss: Compute): Uint8Array {
  const tracer = new Tracer();
  const [a, b] = [tracer.input('a', SYMBOLIC), tracer.input('b', SYMBOLIC)];
  const gradients = differentiate(tracer, loss(tracer, a, b), [b]);
  const graph = new GraphBuilder({ name: 'gradient' });
  const ops = new OnnxOps(graph);
  const values = new Map([
    [a, ops.input('a', SYMBOLIC)],
    [b, ops.input('b', SYMBOLIC)],
  ]);
  replay(gradients, ops, values).forEach((gradient) => {
    ops.output('result', gradient);
  });
  return encodeModel(graph.build());
}

async function runFloat32(model: Uint8Array, { shape, a, b }: Sample): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const feeds = {
      a: new ort.Tensor('float32', a, shape),
      b: new ort.Tensor('float32', b, shape),
    };
    const { result } = await session.run(feeds);
    if (!(result?.data instanceof Float32Array)) throw new Error('expected float32');
    return result.data;
  } finally {
    await session.release();
  }
}

function runFloat64(compute: Compute, { shape, a, b }: Sample): Float64Array {
  return compute(new ReferenceOps(), tensor(a, shape), tensor(b, shape)).data;
}

/** ‖actual − expected‖ / ‖expected‖. */
function relativeError(actual: ArrayLike<number>, expected: Float64Array): number {
  const error = Math.hypot(...expected.map((value, i) => actual[i]! - value));
  return error / Math.hypot(...expected);
}

/** Points in float32 and others at angle `angle` from them, or at `angle` from their antipodes. */
function pair(angle: number, from: 'point' | 'antipode'): Sample {
  const shape = [3, 6, 2] as const;
  const ops = new ReferenceOps();
  const random = new Random(81, String(angle), from);
  const draw = (): Float32Array => random.normals(36);
  const x = neurons.projectPoint(ops, tensor(draw(), shape));
  const start = from === 'point' ? x : ops.mul(x, ops.constant(-1));
  const tangent = neurons.projectPoint(
    ops,
    neurons.projectTangent(ops, start, tensor(draw(), shape)),
  );
  const y = neurons.expMap(ops, start, ops.mul(tangent, ops.constant(angle)));
  return { shape, a: Float32Array.from(x.data), b: Float32Array.from(y.data) };
}

const COMPUTATIONS: Record<string, Compute> = {
  logMap: (ops, x, y) => neurons.logMap(ops, x, y),
  distance: (ops, x, y) => neurons.distance(ops, x, y),
  geodesic: (ops, x, y) => neurons.geodesic(ops, x, y, ops.constant(0.3)),
  'exp of log': (ops, x, y) => neurons.expMap(ops, x, neurons.logMap(ops, x, y)),
  parallelTransport: (ops, x, y) => neurons.parallelTransport(ops, x, y, ops.sub(y, x)),
  projectPoint: (ops, x, y) => neurons.projectPoint(ops, ops.add(x, y)),
  'projectPoint over two axes': (ops, x, y) => matrices.projectPoint(ops, ops.mul(x, y)),
};

describe('the sphere in float32 on onnxruntime, widths symbolic', () => {
  const models = Object.entries(COMPUTATIONS).map(
    ([name, compute]) => ({ name, compute, model: graphOf(compute) }) as const,
  );

  for (const { name, compute, model } of models) {
    it(`computes ${name} as float64 does, to 1e-5, from 1e-6 rad to the antipode`, async () => {
      for (const angle of [1, 1e-2, 1e-3, 1e-6]) {
        const sample = pair(angle, 'point');
        const actual = await runFloat32(model, sample);
        expect(relativeError(actual, runFloat64(compute, sample))).toBeLessThan(1e-5);
      }
      for (const angle of [1e-1, 1e-2]) {
        const sample = pair(angle, 'antipode');
        const actual = await runFloat32(model, sample);
        // Near the antipode the direction of log rests on the small ‖x + y‖, which float32 inputs
        // give with a relative error of 1e-7 / angle.
        expect(relativeError(actual, runFloat64(compute, sample))).toBeLessThan(
          1e-5 + 1e-6 / angle,
        );
      }
    });
  }

  it('gives zero, not NaN, at coinciding points and the defined result at the antipode', async () => {
    const { shape, a } = pair(1, 'point');
    const distance = graphOf(COMPUTATIONS.distance!);
    expect([...(await runFloat32(distance, { shape, a, b: a }))]).toEqual([0, 0, 0]);
    const log = graphOf(COMPUTATIONS.logMap!);
    expect((await runFloat32(log, { shape, a, b: a })).every((v) => v === 0)).toBe(true);
    const antipode = { shape, a, b: a.map((value) => -value) };
    expect((await runFloat32(log, antipode)).every((v) => v === 0)).toBe(true);
    // Two spheres of radius √6 per point, both half a turn away.
    const far = await runFloat32(distance, antipode);
    for (const d of far) expect(d / (Math.PI * Math.sqrt(12))).toBeCloseTo(1, 6);
    const project = graphOf(COMPUTATIONS.projectPoint!);
    const unit = await runFloat32(project, antipode);
    expect(unit[0]).toBeCloseTo(Math.sqrt(6), 6);
    expect([...unit.subarray(2, 12)]).toEqual(Array(10).fill(0));
  });

  it('has finite gradients at coinciding points, the antipode and the origin', async () => {
    const { shape, a } = pair(1, 'point');
    const losses: Record<string, Compute> = {
      squaredDistance: (ops, x, y) => ops.sum(neurons.squaredDistance(ops, x, y)),
      distance: (ops, x, y) => ops.sum(neurons.distance(ops, x, y)),
      logMap: (ops, x, y) => ops.sum(neurons.logMap(ops, x, y)),
      'exp of zero': (ops, x, v) => ops.sum(neurons.expMap(ops, x, v)),
      projectPoint: (ops, _, y) => ops.sum(neurons.projectPoint(ops, y)),
    };
    for (const [name, loss] of Object.entries(losses)) {
      const model = gradientGraphOf(loss);
      for (const b of [a, a.map((value) => -value), new Float32Array(a.length)]) {
        const gradient = await runFloat32(model, { shape, a, b });
        expect(gradient.every(Number.isFinite), name).toBe(true);
      }
    }
  });

  it('has the gradient of log and distance near 0 that float64 has, to 1e-3', async () => {
    // For y near x the gradient of d² is −2 log_y(x): small, and lost by arccos.
    const model = gradientGraphOf((ops, x, y) => ops.sum(neurons.squaredDistance(ops, x, y)));
    for (const angle of [1e-2, 1e-3, 1e-4]) {
      const sample = pair(angle, 'point');
      const expected = runFloat64((ops, x, y) => neurons.logMap(ops, y, x), sample).map(
        (value) => -2 * value,
      );
      // Only the tangential part: inputs may be off the sphere by a rounding.
      const actual = await runFloat32(model, sample);
      const ops = new ReferenceOps();
      const tangential = neurons.projectTangent(
        ops,
        tensor(sample.b, sample.shape),
        tensor(actual, sample.shape),
      ).data;
      expect(relativeError(tangential, expected)).toBeLessThan(1e-3);
    }
  });
});
