import { describe, expect, it } from 'vitest';

import { assertFinite } from '../../src/geometry/assert-finite.js';
import { euclidean } from '../../src/geometry/euclidean.js';
import { product } from '../../src/geometry/product.js';
import { sphere } from '../../src/geometry/sphere.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';

const ops = new ReferenceOps();
const unit = sphere({ axes: [1] });

const vector = (...values: number[]): ReferenceTensor => tensor(values, [1, values.length]);
const onCircle = (angle: number, r = 1): ReferenceTensor =>
  vector(r * Math.cos(angle), r * Math.sin(angle));

describe('sphere', () => {
  it('is the circle in two dimensions: all operations in closed form', () => {
    for (const r of [1, 0.3, 40]) {
      const circle = sphere({ axes: [1], radius: r });
      const [a, b] = [0.4, 2.1];
      const [x, y] = [onCircle(a, r), onCircle(b, r)];
      expect(circle.distance(ops, x, y).data[0]).toBeCloseTo(r * (b - a), 12);
      const along = r * (b - a);
      const log = circle.logMap(ops, x, y).data;
      expect(log[0]).toBeCloseTo(-Math.sin(a) * along, 12);
      expect(log[1]).toBeCloseTo(Math.cos(a) * along, 12);
      // Half a turn further than the shortest way: exp goes all the way round.
      const v = vector(-Math.sin(a) * r * 4, Math.cos(a) * r * 4);
      const end = circle.expMap(ops, x, v).data;
      expect(end[0]).toBeCloseTo(r * Math.cos(a + 4), 12);
      expect(end[1]).toBeCloseTo(r * Math.sin(a + 4), 12);
      const middle = circle.geodesic(ops, x, y, ops.constant(0.5)).data;
      expect(middle[0]).toBeCloseTo(r * Math.cos((a + b) / 2), 12);
      const moved = circle.parallelTransport(ops, x, y, vector(-Math.sin(a), Math.cos(a))).data;
      expect(moved[0]).toBeCloseTo(-Math.sin(b), 12);
      expect(moved[1]).toBeCloseTo(Math.cos(b), 12);
    }
  });

  it('resolves angles near 0 and near π, where arccos resolves none, to 1e-9 of the angle', () => {
    for (const small of [1e-2, 1e-4, 1e-6, 1e-8, 1e-12]) {
      const near = unit.distance(ops, onCircle(0), onCircle(small)).data[0]!;
      expect(Math.abs(near / small - 1)).toBeLessThan(1e-9);
      const log = unit.logMap(ops, onCircle(0), onCircle(small)).data[1]!;
      expect(Math.abs(log / small - 1)).toBeLessThan(1e-9);
    }
    for (const small of [1e-2, 1e-4, 1e-6]) {
      const [x, y] = [onCircle(0), onCircle(Math.PI - small)];
      const missing = Math.PI - unit.distance(ops, x, y).data[0]!;
      // What y itself resolves: one rounding of its coordinates in an angle of `small`.
      expect(Math.abs(missing / small - 1)).toBeLessThan(1e-15 / small + 1e-9);
      const log = unit.logMap(ops, x, y);
      expect(Math.abs(log.data[1]! - (Math.PI - small))).toBeLessThan(1e-9);
      const back = unit.expMap(ops, x, log).data;
      expect(Math.abs(back[0]! - y.data[0]!)).toBeLessThan(1e-9);
      expect(Math.abs(back[1]! - y.data[1]!)).toBeLessThan(1e-9);
    }
  });

  it('defines the antipode: distance πr, log 0, transport without change', () => {
    const three = sphere({ axes: [1], radius: 3 });
    const x = vector(3, 0, 0);
    const antipode = vector(-3, 0, 0);
    expect(three.distance(ops, x, antipode).data[0]).toBeCloseTo(3 * Math.PI, 12);
    expect([...three.logMap(ops, x, antipode).data].map(Math.abs)).toEqual([0, 0, 0]);
    const v = vector(0, 1, 2);
    expect([...three.parallelTransport(ops, x, antipode, v).data]).toEqual([0, 1, 2]);
    const half = three.geodesic(ops, x, antipode, ops.constant(0.5));
    expect([...half.data]).toEqual([3, 0, 0]);
  });

  it('projects the origin to r times the first unit vector, and small and large vectors aright', () => {
    const two = sphere({ axes: [1], radius: 2 });
    expect([...two.projectPoint(ops, vector(0, 0, 0)).data]).toEqual([2, 0, 0]);
    const matrix = sphere({ axes: [1, 2], radius: 'sqrt-dim' });
    expect([...matrix.projectPoint(ops, tensor(new Float64Array(8), [2, 2, 2])).data]).toEqual([
      2, 0, 0, 0, 2, 0, 0, 0,
    ]);
    for (const scale of [1e-14, 1e-6, 1e6, 1e17]) {
      const [a, b] = two.projectPoint(ops, vector(3 * scale, -4 * scale)).data;
      expect(a).toBeCloseTo(1.2, 12);
      expect(b).toBeCloseTo(-1.6, 12);
    }
  });

  it('takes √(elements along the axes) as radius, so that entries have unit variance', () => {
    const noise = new Random(61).normals(4 * 50 * 3);
    const points = sphere({ axes: [1], radius: 'sqrt-dim' }).samplePrior(
      ops,
      tensor(noise, [4, 50, 3]),
    );
    const squares = ops.sum(ops.mul(points, points), [1]);
    for (const square of squares.data) expect(square).toBeCloseTo(50, 10);
  });

  it('samples uniformly: first and second moments within five standard errors', () => {
    const count = 4000;
    const dim = 3;
    const noise = tensor(new Random(62).normals(count * dim), [count, dim]);
    const points = unit.samplePrior(ops, noise);
    const mean = ops.mean(points, [0]).data;
    for (const m of mean) expect(Math.abs(m)).toBeLessThan(5 * Math.sqrt(1 / dim / count));
    const second = ops.mul(
      ops.matMul(ops.transpose(points, [1, 0]), points),
      ops.constant(1 / count),
    ).data;
    // Var(x²) = 4/45 and Var(xy) = 1/15 on the unit sphere in three dimensions.
    second.forEach((moment, i) => {
      const diagonal = i % (dim + 1) === 0;
      const error = Math.sqrt((diagonal ? 4 / 45 : 1 / 15) / count);
      expect(Math.abs(moment - (diagonal ? 1 / 3 : 0))).toBeLessThan(5 * error);
    });
  });

  it('refuses axes and radii that make no sphere, and points of too low a rank', () => {
    for (const axes of [[], [0], [1, 1], [1.5], [-1]]) {
      expect(() => sphere({ axes })).toThrow('sphere axes');
    }
    for (const radius of [0, -1, NaN, Infinity]) {
      expect(() => sphere({ axes: [1], radius })).toThrow('positive radius');
    }
    const deep = sphere({ axes: [2] });
    expect(() => deep.projectPoint(ops, vector(1, 2))).toThrow('rank 3 or more, batch included');
    expect(() => deep.dimension([4])).toThrow('rank 3');
  });
});

describe('product', () => {
  it('adds squared distances and inner products of its factors', () => {
    const space = product([unit, euclidean]);
    const x = [onCircle(0), vector(1, 2, 3)];
    const y = [onCircle(0.7), vector(1, 2, 5)];
    expect(space.squaredDistance(ops, x, y).data[0]).toBeCloseTo(0.49 + 4, 12);
    expect(space.distance(ops, x, y).data[0]).toBeCloseTo(Math.sqrt(4.49), 12);
    const v = [vector(0, 2), vector(1, 0, 1)];
    expect(space.innerProduct(ops, x, v, v).data[0]).toBeCloseTo(6, 12);
    expect(space.dimension([[2], [3]])).toBe(4);
  });

  it('refuses lists that do not fit its factors', () => {
    const space = product([unit, euclidean]);
    const x = [onCircle(0), vector(1)];
    expect(() => space.projectPoint(ops, x.slice(0, 1))).toThrow('2 manifolds, got 1');
    expect(() => space.logMap(ops, x, [...x, vector(1)])).toThrow('2 manifolds, got 3');
    expect(() => product([])).toThrow('at least one manifold');
  });
});

describe('assertFinite', () => {
  it('names the first number that is not finite', () => {
    expect(() => {
      assertFinite([1, 2, NaN, Infinity], 'the prior');
    }).toThrow('expected finite numbers in the prior, got NaN at 2');
    expect(() => {
      assertFinite(Float32Array.of(-Infinity), 'x0');
    }).toThrow('got -Infinity at 0');
    assertFinite([], 'nothing');
    assertFinite(Float64Array.of(1, -2), 'numbers');
  });
});
