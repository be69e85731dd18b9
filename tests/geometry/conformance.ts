import { describe, expect, it } from 'vitest';

import type { ProductManifold } from '../../src/geometry/product.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';

/** A manifold and the shape of one point of each of its factors. */
export interface ManifoldCase {
  /** A single manifold is a product of one. */
  readonly manifold: ProductManifold;
  readonly shapes: readonly (readonly number[])[];
}

type Point = readonly ReferenceTensor[];

const BATCH = 5;
const ops = new ReferenceOps();

export function noise(shapes: ManifoldCase['shapes'], random: Random, scale = 1): Point {
  return shapes.map((shape) => {
    const size = shape.reduce((product, dim) => product * dim, BATCH);
    return tensor(
      Float64Array.from({ length: size }, () => scale * random.normal()),
      [BATCH, ...shape],
    );
  });
}

function map(points: Point, f: (x: ReferenceTensor, factor: number) => ReferenceTensor): Point {
  return points.map(f);
}

function scaled(v: Point, by: number): Point {
  return map(v, (x) => ops.mul(x, ops.constant(by)));
}

/** Largest difference of any coordinate. */
function gap(a: Point, b: Point): number {
  return Math.max(
    ...a.map((x, factor) =>
      ops.sub(x, b[factor]!).data.reduce((largest, d) => Math.max(largest, Math.abs(d)), 0),
    ),
  );
}

/**
 * The laws that every manifold obeys, in float64.
 *
 * To add a manifold, add it to the cases: points come from its own `samplePrior`, so two of them are
 * neither equal nor antipodal.
 */
export function describeManifold({ manifold, shapes }: ManifoldCase): void {
  const dims = shapes.map((shape) => `[${shape.join(', ')}]`).join(' × ');

  describe(`${manifold.name} on ${dims}`, () => {
    const random = new Random(51, manifold.name, dims);
    const x = manifold.samplePrior(ops, noise(shapes, random));
    const y = manifold.samplePrior(ops, noise(shapes, random));
    const u = manifold.projectTangent(ops, x, noise(shapes, random));
    const v = manifold.projectTangent(ops, x, noise(shapes, random));
    const distances = manifold.distance(ops, x, y).data;

    it('samples points that projection keeps to 1e-14, and projects others on to it', () => {
      expect(gap(manifold.projectPoint(ops, x), x)).toBeLessThan(1e-14);
      const projected = manifold.projectPoint(ops, noise(shapes, random, 3));
      expect(gap(manifold.projectPoint(ops, projected), projected)).toBeLessThan(1e-13);
    });

    it('projects tangents idempotently and orthogonally to 1e-13', () => {
      expect(gap(manifold.projectTangent(ops, x, v), v)).toBeLessThan(1e-13);
      // What projection removes is orthogonal to every tangent.
      const ambient = noise(shapes, random);
      const tangent = manifold.projectTangent(ops, x, ambient);
      const removed = map(ambient, (a, factor) => ops.sub(a, tangent[factor]!));
      manifold.innerProduct(ops, x, removed, u).data.forEach((dot) => {
        expect(Math.abs(dot)).toBeLessThan(1e-12);
      });
    });

    it('has the dimension of its tangent space: the trace of the projection', () => {
      let trace = 0;
      shapes.forEach((shape, factor) => {
        const size = shape.reduce((product, dim) => product * dim, 1);
        for (let i = 0; i < size; i++) {
          // The i-th basis tensor in every batch row of this factor, 0 in the others.
          const basis = shapes.map((each, other) => {
            const length = each.reduce((product, dim) => product * dim, 1);
            const data = Float64Array.from({ length: BATCH * length }, (_, at) =>
              other === factor && at % length === i ? 1 : 0,
            );
            return tensor(data, [BATCH, ...each]);
          });
          const projected = manifold.projectTangent(ops, x, basis);
          trace += manifold.innerProduct(ops, x, projected, basis).data[0]!;
        }
      });
      expect(Math.abs(trace - manifold.dimension(shapes))).toBeLessThan(1e-9);
    });

    it('undoes log by exp to 1e-12, and ‖log‖ is the distance', () => {
      const log = manifold.logMap(ops, x, y);
      expect(gap(manifold.expMap(ops, x, log), y)).toBeLessThan(1e-12);
      expect(gap(manifold.projectTangent(ops, x, log), log)).toBeLessThan(1e-12);
      manifold.innerProduct(ops, x, log, log).data.forEach((square, i) => {
        expect(Math.abs(Math.sqrt(square) - distances[i]!)).toBeLessThan(1e-12);
      });
    });

    it('undoes exp by log to 1e-12 for short tangents, on the manifold all the way', () => {
      for (const length of [1, 0.1, 1e-3, 1e-7, 1e-11, 0]) {
        // At most a fraction of π r in every sphere, whose radius is at least 1 here.
        const short = scaled(v, 0.2 * length);
        const end = manifold.expMap(ops, x, short);
        expect(gap(manifold.projectPoint(ops, end), end)).toBeLessThan(1e-13);
        expect(gap(manifold.logMap(ops, x, end), short)).toBeLessThan(1e-12 * Math.max(length, 1));
      }
    });

    it('measures distances: symmetric, 0 to itself, triangle inequality', () => {
      expect(manifold.distance(ops, x, y).shape).toEqual([BATCH]);
      expect(gap([manifold.distance(ops, y, x)], [manifold.distance(ops, x, y)])).toBeLessThan(
        1e-13,
      );
      expect([...manifold.distance(ops, x, x).data]).toEqual(Array(BATCH).fill(0));
      expect([...manifold.squaredDistance(ops, x, x).data]).toEqual(Array(BATCH).fill(0));
      manifold.squaredDistance(ops, x, y).data.forEach((square, i) => {
        expect(Math.abs(square - distances[i]! ** 2)).toBeLessThan(1e-11);
      });
      const z = manifold.samplePrior(ops, noise(shapes, random));
      const [xz, zy] = [manifold.distance(ops, x, z).data, manifold.distance(ops, z, y).data];
      distances.forEach((xy, i) => {
        expect(xy).toBeLessThanOrEqual(xz[i]! + zy[i]! + 1e-12);
      });
    });

    it('follows geodesics from end to end at constant speed, a time per point', () => {
      const at = (t: number | ReferenceTensor): Point =>
        manifold.geodesic(ops, x, y, typeof t === 'number' ? ops.constant(t) : t);
      expect(gap(at(0), x)).toBeLessThan(1e-14);
      expect(gap(at(1), y)).toBeLessThan(1e-12);
      const times = [0, 0.2, 0.5, 0.9, 1];
      const batch = at(tensor(times));
      expect(gap(manifold.projectPoint(ops, batch), batch)).toBeLessThan(1e-13);
      manifold.distance(ops, x, batch).data.forEach((travelled, i) => {
        expect(Math.abs(travelled - times[i]! * distances[i]!)).toBeLessThan(1e-11);
      });
      manifold.distance(ops, batch, y).data.forEach((left, i) => {
        expect(Math.abs(left - (1 - times[i]!) * distances[i]!)).toBeLessThan(1e-11);
      });
    });

    it('transports tangents isometrically, linearly, along the geodesic, to 1e-12', () => {
      const moved = manifold.parallelTransport(ops, x, y, v);
      expect(gap(manifold.projectTangent(ops, y, moved), moved)).toBeLessThan(1e-12);
      const other = manifold.parallelTransport(ops, x, y, u);
      expect(
        gap([manifold.innerProduct(ops, y, moved, other)], [manifold.innerProduct(ops, x, v, u)]),
      ).toBeLessThan(1e-11);
      const sum = manifold.parallelTransport(
        ops,
        x,
        y,
        map(u, (a, factor) => ops.add(a, v[factor]!)),
      );
      expect(
        gap(
          sum,
          map(other, (a, factor) => ops.add(a, moved[factor]!)),
        ),
      ).toBeLessThan(1e-12);
      // The velocity of a geodesic stays its velocity: −log_y(x) = transport of log_x(y).
      const velocity = manifold.parallelTransport(ops, x, y, manifold.logMap(ops, x, y));
      expect(gap(velocity, scaled(manifold.logMap(ops, y, x), -1))).toBeLessThan(1e-11);
      expect(gap(manifold.parallelTransport(ops, x, x, v), v)).toBeLessThan(1e-13);
    });

    it('has a metric: symmetric, bilinear, positive', () => {
      const uv = manifold.innerProduct(ops, x, u, v);
      expect(uv.shape).toEqual([BATCH]);
      expect(gap([manifold.innerProduct(ops, x, v, u)], [uv])).toBe(0);
      const double = manifold.innerProduct(ops, x, scaled(u, 2), v);
      expect(gap([double], scaled([uv], 2))).toBeLessThan(1e-12);
      manifold.innerProduct(ops, x, v, v).data.forEach((square) => {
        expect(square).toBeGreaterThan(0);
      });
    });

    it('carries NaN on instead of hiding it', () => {
      const broken = map(x, (part) => ({ ...part, data: part.data.with(0, NaN) }));
      const outcomes = [
        manifold.expMap(ops, broken, v),
        manifold.logMap(ops, broken, y),
        manifold.geodesic(ops, broken, y, ops.constant(0.5)),
        manifold.projectPoint(ops, broken),
        [manifold.distance(ops, broken, y)],
        [manifold.innerProduct(ops, x, broken, v)],
      ];
      for (const outcome of outcomes) expect(outcome[0]!.data[0]).toBeNaN();
    });
  });
}
