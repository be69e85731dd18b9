import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { FLOW_GEOMETRIES, pointGeometry } from '../../src/flow/geometry.js';
import { alongBatch, samplePath, velocityTowards } from '../../src/flow/probability-path.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { layoutIn } from '../support/point-of.js';
import { gap, mapPoint, priorPoint, rowOf, scaled, type Point } from './points.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 5, 4, 2]);
const TIMES = [0, 0.25, 0.9];

function every(t: number): ReferenceTensor {
  return tensor(TIMES.map(() => t));
}

describe.each(FLOW_GEOMETRIES)('the path of the %s flow', (geometry) => {
  const x0 = priorPoint(ARCH, geometry, 3, 'noise');
  const x1 = priorPoint(ARCH, geometry, 3, 'data');
  const { path } = pointGeometry(geometry, layoutIn(geometry, ARCH).tensors);
  const at = (t: ReferenceTensor): Point => samplePath(ops, path, x0, x1, t);

  it('starts at x_0 and ends at x_1 (1e-12)', () => {
    expect(gap(at(every(0)), x0)).toBeLessThan(1e-12);
    expect(gap(at(every(1)), x1)).toBeLessThan(1e-12);
  });

  it('is at a time per row, on the manifold, with constant speed (1e-12)', () => {
    const xt = at(tensor(TIMES));
    expect(xt.map(({ shape }) => shape)).toEqual(x0.map(({ shape }) => shape));
    expect(gap(path.projectPoint(ops, xt), xt)).toBeLessThan(1e-12);
    const whole = path.distance(ops, x0, x1).data;
    path.distance(ops, x0, xt).data.forEach((travelled, row) => {
      expect(Math.abs(travelled - TIMES[row]! * whole[row]!)).toBeLessThan(1e-12 * whole[row]!);
    });
  });

  it('has velocityTowards x_1 as its derivative, of length d(x_0, x_1) (1e-8)', () => {
    const whole = path.distance(ops, x0, x1).data;
    for (const t of [0.001, 0.3, 0.8, 0.98]) {
      const velocity = velocityTowards(ops, path, at(every(t)), x1, every(t));
      const h = 1e-5;
      const [before, after] = [at(every(t - h)), at(every(t + h))];
      const derivative = mapPoint(after, (x, index, i) => (x - before[index]!.data[i]!) / (2 * h));
      expect(gap(velocity, derivative), `t = ${t}`).toBeLessThan(1e-8);
      path.innerProduct(ops, x0, velocity, velocity).data.forEach((square, row) => {
        expect(Math.abs(Math.sqrt(square) / whole[row]! - 1)).toBeLessThan(1e-12);
      });
    }
  });

  it('leads to the end point from off the path: the end after the time left (1e-12)', () => {
    const start = priorPoint(ARCH, geometry, 3, 'elsewhere');
    const velocity = velocityTowards(ops, path, start, x1, tensor(TIMES));
    const remaining = mapPoint(velocity, (v, index, i) => {
      return v * (1 - TIMES[rowOf(velocity[index]!, i)]!);
    });
    expect(gap(path.expMap(ops, start, remaining), x1)).toBeLessThan(1e-12);
  });

  it('stands still between coinciding points', () => {
    expect(gap(samplePath(ops, path, x0, x0, tensor(TIMES)), x0)).toBeLessThan(1e-15);
    expect(gap(velocityTowards(ops, path, x0, x0, tensor(TIMES)), scaled(x0, 0))).toBe(0);
  });

  it('is finite between antipodes', () => {
    const antipodes = scaled(x0, -1);
    const t = tensor(TIMES);
    for (const part of [
      ...samplePath(ops, path, x0, antipodes, t),
      ...velocityTowards(ops, path, x0, antipodes, t),
    ]) {
      expect(part.data.every(Number.isFinite)).toBe(true);
    }
  });
});

it('is (1 − t) x_0 + t x_1 with velocity x_1 − x_0 in flat space (1e-12)', () => {
  const x0 = priorPoint(ARCH, 'euclidean', 3, 'noise');
  const x1 = priorPoint(ARCH, 'euclidean', 3, 'data');
  const { path } = pointGeometry('euclidean', layoutIn('euclidean', ARCH).tensors);
  const xt = samplePath(ops, path, x0, x1, tensor(TIMES));
  const expected = mapPoint(x0, (start, index, i) => {
    const t = TIMES[rowOf(x0[index]!, i)]!;
    return (1 - t) * start + t * x1[index]!.data[i]!;
  });
  expect(gap(xt, expected)).toBeLessThan(1e-12);
  const ut = mapPoint(x0, (start, index, i) => x1[index]!.data[i]! - start);
  expect(gap(velocityTowards(ops, path, xt, x1, tensor(TIMES)), ut)).toBeLessThan(1e-12);
});

it('is a great circle per neuron: sin((1−t)θ)/sin θ x_0 + sin(tθ)/sin θ x_1 (1e-12)', () => {
  const x0 = priorPoint(ARCH, 'geometric', 3, 'noise');
  const x1 = priorPoint(ARCH, 'geometric', 3, 'data');
  const { path } = pointGeometry('geometric', layoutIn('geometric', ARCH).tensors);
  const [xt] = samplePath(ops, path, x0, x1, tensor(TIMES));
  const [start, end] = [x0[0]!.data, x1[0]!.data];
  const [inputs, neurons] = [3, 5];
  TIMES.forEach((t, row) => {
    for (let j = 0; j < neurons; j++) {
      const places = [0, 1, 2].map((i) => (row * inputs + i) * neurons + j);
      const dot = places.reduce((sum, at) => sum + start[at]! * end[at]!, 0);
      const angle = Math.acos(dot / inputs);
      for (const at of places) {
        const expected =
          (Math.sin((1 - t) * angle) * start[at]! + Math.sin(t * angle) * end[at]!) /
          Math.sin(angle);
        expect(Math.abs(xt!.data[at]! - expected)).toBeLessThan(1e-12);
      }
    }
  });
});

it('alongBatch gives each row of a tensor its own number', () => {
  const like = tensor(new Float64Array(12), [2, 2, 3]);
  expect(alongBatch(ops, tensor([4, 5]), like)).toEqual(tensor([4, 5], [2, 1, 1]));
});
