import { describe, expect, it } from 'vitest';

import { sphere } from '../../src/geometry/sphere.js';
import type { Manifold } from '../../src/geometry/manifold.js';
import { differentiate } from '../../src/ops/differentiate.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import type { TensorOps } from '../../src/ops/tensor-ops.js';
import { replay, Tracer } from '../../src/ops/trace.js';
import { Random } from '../../src/random.js';
import { centralDifferences, deviation } from '../ops/finite-differences.js';

const SHAPE = [2, 4, 3];
const neurons = sphere({ axes: [1], radius: 'sqrt-dim' });

type Function2 = <T>(ops: TensorOps<T>, manifold: Manifold, a: T, b: T) => T;

/** A scalar that weighs every element differently, so that no gradient cancels. */
function weigh<T>(ops: TensorOps<T>, x: T): T {
  const weights = Float64Array.from({ length: 24 }, (_, i) => Math.sin(i + 1));
  return ops.sum(ops.mul(x, ops.constant(weights, SHAPE)));
}

/** Scalars of two points (or a point and a tangent) that training differentiates. */
const SCALARS: Record<string, Function2> = {
  expMap: (ops, m, x, v) => weigh(ops, m.expMap(ops, x, v)),
  logMap: (ops, m, x, y) => weigh(ops, m.logMap(ops, x, y)),
  geodesic: (ops, m, x, y) => weigh(ops, m.geodesic(ops, x, y, ops.constant([0.2, 0.9]))),
  parallelTransport: (ops, m, x, y) => weigh(ops, m.parallelTransport(ops, x, y, x)),
  projectPoint: (ops, m, x) => weigh(ops, m.projectPoint(ops, x)),
  projectTangent: (ops, m, x, v) => weigh(ops, m.projectTangent(ops, x, v)),
  squaredDistance: (ops, m, x, y) => ops.sum(m.squaredDistance(ops, x, y)),
  distance: (ops, m, x, y) => ops.sum(m.distance(ops, x, y)),
};

function gradients(f: Function2, inputs: readonly ReferenceTensor[]): readonly Float64Array[] {
  const tracer = new Tracer();
  const [a, b] = [tracer.input('a', SHAPE), tracer.input('b', SHAPE)];
  const wrt = differentiate(tracer, f(tracer, neurons, a, b), [a, b]);
  const values = new Map([
    [a, inputs[0]!],
    [b, inputs[1]!],
  ]);
  return replay(wrt, new ReferenceOps(), values).map(({ data }) => data);
}

describe('gradients of the sphere', () => {
  const ops = new ReferenceOps();
  const random = new Random(71);
  const normal = (scale = 1): ReferenceTensor =>
    tensor(
      Float64Array.from({ length: 24 }, () => scale * random.normal()),
      SHAPE,
    );
  const x = neurons.samplePrior(ops, normal());
  const y = neurons.samplePrior(ops, normal());

  for (const [name, f] of Object.entries(SCALARS)) {
    it(`of ${name} agree with central differences to 1e-6`, () => {
      const expected = centralDifferences(([a, b]) => f(ops, neurons, a!, b!).data[0]!, [x, y]);
      gradients(f, [x, y]).forEach((gradient, which) => {
        expect(deviation(gradient, expected[which]!)).toBeLessThan(1e-6);
      });
    });

    it(`of ${name} are finite where points coincide, tangents vanish and at the antipode`, () => {
      const zero = tensor(new Float64Array(24), SHAPE);
      const antipode = ops.mul(x, ops.constant(-1));
      for (const other of [x, zero, antipode]) {
        for (const gradient of gradients(f, [x, other])) {
          expect(gradient.every(Number.isFinite)).toBe(true);
        }
      }
      for (const gradient of gradients(f, [zero, y])) {
        expect(gradient.every(Number.isFinite)).toBe(true);
      }
    });
  }

  it('of log between coinciding points is the tangent projection, to 1e-9', () => {
    // log_x(y) = P_x (y − x) to first order, so its vector–Jacobian product by y is P_x of the vector.
    const [, byY] = gradients(SCALARS.logMap!, [x, x]);
    const weights = tensor(
      Float64Array.from({ length: 24 }, (_, i) => Math.sin(i + 1)),
      SHAPE,
    );
    const expected = neurons.projectTangent(ops, x, weights).data;
    expect(deviation(byY!, expected)).toBeLessThan(1e-9);
  });
});
