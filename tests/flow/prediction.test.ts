import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { FLOW_GEOMETRIES, pointGeometry, type FlowGeometry } from '../../src/flow/geometry.js';
import { predict, velocityOf } from '../../src/flow/prediction.js';
import { samplePath, velocityTowards } from '../../src/flow/probability-path.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { layoutIn, layoutOf } from '../support/point-of.js';
import {
  answering,
  gap,
  mapPoint,
  noise,
  noParameters,
  priorPoint,
  rowOf,
  scaled,
  shapesOf,
  type Point,
} from './points.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 5, 4, 2]);
const TIMES = [0, 0.25, 0.9];

function endpoint(geometry: FlowGeometry, output: Point, xt: Point, t: ReferenceTensor): Point {
  const layout = layoutOf(xt);
  const model = { network: answering(output), layout, prediction: 'endpoint', geometry } as const;
  return predict(ops, model, noParameters, xt, t);
}

describe.each(FLOW_GEOMETRIES)('predictions of the %s flow', (geometry) => {
  const xt = priorPoint(ARCH, geometry, 3, 'current');
  const output = noise(shapesOf(ARCH, geometry, 3), 'output');
  const layout = layoutIn(geometry, ARCH);
  const { data, path } = pointGeometry(geometry, layout.tensors);

  it('are end points on the spheres of the data (1e-12)', () => {
    const ends = endpoint(geometry, output, xt, tensor(TIMES));
    expect(ends.map(({ shape }) => shape)).toEqual(output.map(({ shape }) => shape));
    expect(gap(data.projectPoint(ops, ends), ends)).toBeLessThan(1e-12);
  });

  it('are velocities in the tangent space of the path (1e-12)', () => {
    const network = answering(output);
    const model = { network, layout, prediction: 'velocity', geometry } as const;
    const velocity = predict(ops, model, noParameters, xt, tensor(TIMES));
    expect(gap(path.projectTangent(ops, xt, velocity), velocity)).toBeLessThan(1e-12);
    expect(velocityOf(ops, model, velocity, xt, tensor(TIMES))).toEqual(velocity);
  });

  it('ends where x_t is at t = 1, whatever the network says (1e-12)', () => {
    expect(gap(endpoint(geometry, output, xt, tensor([1, 1, 1])), xt)).toBeLessThan(1e-12);
  });

  it('ends where the network says at t = 0 (1e-12)', () => {
    const ends = endpoint(geometry, output, xt, tensor([0, 0, 0]));
    expect(gap(ends, data.projectPoint(ops, output))).toBeLessThan(1e-12);
  });

  it('become velocities towards the end point within the time left', () => {
    const ends = endpoint(geometry, output, xt, tensor(TIMES));
    const model = { layout, prediction: 'endpoint', geometry } as const;
    const velocity = velocityOf(ops, model, ends, xt, tensor(TIMES));
    expect(velocity).toEqual(velocityTowards(ops, path, xt, ends, tensor(TIMES)));
    expect(gap(path.projectTangent(ops, xt, velocity), velocity)).toBeLessThan(1e-11);
  });

  it('are finite for outputs of zero, also where x_t is zero', () => {
    for (const point of [xt, scaled(xt, 0)]) {
      for (const { data: values } of endpoint(geometry, scaled(output, 0), point, tensor(TIMES))) {
        expect(values.every(Number.isFinite)).toBe(true);
      }
    }
  });
});

it('velocityOf is (x̂_1 − x_t)/(1 − t) in flat space (1e-12)', () => {
  const xt = priorPoint(ARCH, 'normalized', 3, 'current');
  const ends = priorPoint(ARCH, 'normalized', 3, 'end');
  const layout = layoutIn('normalized', ARCH);
  const model = { layout, prediction: 'endpoint', geometry: 'normalized' } as const;
  const expected = mapPoint(
    xt,
    (x, index, i) => (ends[index]!.data[i]! - x) / (1 - TIMES[rowOf(xt[index]!, i)]!),
  );
  expect(gap(velocityOf(ops, model, ends, xt, tensor(TIMES)), expected)).toBeLessThan(1e-12);
});

/** Sample coefficients of the best linear prediction of x_1 from x_t, and the residual's RMS. */
function regression(xt: ReferenceTensor, x1: ReferenceTensor): { skip: number; out: number } {
  let [product, square] = [0, 0];
  xt.data.forEach((x, i) => {
    product += x * x1.data[i]!;
    square += x * x;
  });
  const skip = product / square;
  const residual = xt.data.reduce((sum, x, i) => sum + (x1.data[i]! - skip * x) ** 2, 0);
  return { skip, out: Math.sqrt(residual / xt.data.length) };
}

describe('the preconditioning', () => {
  // 2 × 160 × 150 numbers on the neurons' spheres: sampling errors of some 1/√48,000 = 0.005, and
  // in 160 dimensions independent points are orthogonal to 1/√160 each.
  const wide = architecture([160, 150, 2]);
  const row = (value: number): ReferenceTensor => tensor([value, value]);

  it.each([0.1, 0.35, 0.8])(
    'is the best linear prediction of Gaussian data on straight paths, t = %d (0.03)',
    (time) => {
      const x0 = priorPoint(wide, 'euclidean', 2, 'x0');
      const x1 = priorPoint(wide, 'euclidean', 2, 'x1');
      const { path } = pointGeometry('euclidean', layoutIn('euclidean', wide).tensors);
      const xt = samplePath(ops, path, x0, x1, row(time));
      const best = regression(xt[0]!, x1[0]!);
      const zeros = scaled(xt, 0);
      const ones = mapPoint(xt, () => 1);
      const skip = endpoint('euclidean', zeros, ones, row(time))[0]!.data[0]!;
      const out = endpoint('euclidean', ones, zeros, row(time))[0]!.data[0]!;
      expect(Math.abs(skip - best.skip)).toBeLessThan(0.03);
      expect(Math.abs(out - best.out)).toBeLessThan(0.03);
    },
  );

  it.each([0.1, 0.35, 0.8])(
    'is the best linear prediction of uniform data on great circles, t = %d (0.03)',
    (time) => {
      const x0 = priorPoint(wide, 'geometric', 2, 'x0');
      const x1 = priorPoint(wide, 'geometric', 2, 'x1');
      const { path } = pointGeometry('geometric', layoutIn('geometric', wide).tensors);
      const xt = samplePath(ops, path, x0, x1, row(time));
      const best = regression(xt[0]!, x1[0]!);
      // With F ⟂ x_t of the same length, skip² + out² = 1 makes the projection the identity.
      const across = path.projectPoint(ops, path.projectTangent(ops, xt, x0));
      const [end] = endpoint('geometric', across, xt, row(time));
      const skip = regression(xt[0]!, end!).skip;
      const out = regression(across[0]!, end!).skip;
      expect(Math.abs(skip - best.skip)).toBeLessThan(0.03);
      expect(Math.abs(out - best.out)).toBeLessThan(0.03);
      expect(Math.abs(skip ** 2 + out ** 2 - 1)).toBeLessThan(1e-12);
    },
  );
});
