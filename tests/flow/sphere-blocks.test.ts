import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { pointGeometry } from '../../src/flow/geometry.js';
import {
  projectSpheres,
  sphereBlocks,
  squaredGeodesicDistance,
} from '../../src/flow/sphere-blocks.js';
import { ReferenceOps } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { layoutIn } from '../support/point-of.js';
import { mapPoint, noise, priorPoint, scaled, shapesOf, type Point } from './points.js';

const ops = new ReferenceOps();
const ARCH = architecture([3, 5, 4, 2]);
const BLOCKS = sphereBlocks(ARCH);
const { data: manifold } = pointGeometry('geometric', layoutIn('geometric', ARCH).tensors);

/** One point of a batch of one as flat coordinates. */
function flat(point: Point): Float64Array {
  return Float64Array.from(point.flatMap(({ data }) => [...data]));
}

function random(label: string): Point {
  return noise(shapesOf(ARCH, 'geometric', 1), label);
}

function expectProjectionOf(point: Point): void {
  const actual = Float32Array.from(flat(point));
  projectSpheres(actual, BLOCKS);
  flat(manifold.projectPoint(ops, point)).forEach((x, i) => {
    expect(Math.abs(actual[i]! - x), `coordinate ${i}`).toBeLessThan(
      1e-6 * Math.max(1, Math.abs(x)),
    );
  });
}

it('there is a sphere per hidden neuron and one for the last matrix', () => {
  expect(BLOCKS).toEqual([
    { offset: 0, count: 5, size: 3 },
    { offset: 20, count: 4, size: 5 },
    { offset: 44, count: 1, size: 8 },
  ]);
});

describe('projectSpheres agrees with the manifold of the data (relative 1e-6, float32)', () => {
  it('on random points, long and short', () => {
    for (const length of [1, 1e-12, 1e15]) expectProjectionOf(scaled(random('point'), length));
  });

  it('on points that lie there already', () => {
    expectProjectionOf(priorPoint(ARCH, 'geometric', 1, 'point'));
  });

  it('at the origin, and so near it that both count it as the origin', () => {
    for (const length of [0, 1e-20]) {
      expectProjectionOf(scaled(random('point'), length));
      const point = Float32Array.from(flat(scaled(random('point'), length)));
      projectSpheres(point, BLOCKS);
      expect([point[0], point[5], point[10]]).toEqual([Math.fround(Math.sqrt(3)), 0, 0]);
    }
  });
});

describe('squaredGeodesicDistance agrees with the manifold of the path (relative 1e-12)', () => {
  const x = priorPoint(ARCH, 'geometric', 1, 'x');

  function expectDistance(a: Point, b: Point, at = ''): void {
    const [expected] = manifold.squaredDistance(ops, a, b).data;
    const actual = squaredGeodesicDistance(flat(a), flat(b), BLOCKS);
    expect(Math.abs(actual - expected!), at).toBeLessThan(1e-12 * Math.max(expected!, 1e-20));
  }

  it('between random points', () => {
    expectDistance(x, priorPoint(ARCH, 'geometric', 1, 'y'));
  });

  it('near 0 and near the antipode, from 1e-8 rad', () => {
    const direction = manifold.projectTangent(ops, x, random('direction'));
    for (const length of [1e-1, 1e-4, 1e-8]) {
      const near = manifold.expMap(ops, x, scaled(direction, length));
      expectDistance(x, near, `${length} from it`);
      expectDistance(scaled(x, -1), near, `${length} from its antipode`);
    }
  });

  it('is 0 between coinciding points and π²r² per sphere between antipodes', () => {
    expect(squaredGeodesicDistance(flat(x), flat(x), BLOCKS)).toBe(0);
    const antipode = mapPoint(x, (value, index) => ([0, 2, 4].includes(index) ? -value : value));
    const radii = 5 * 3 + 4 * 5 + 8;
    const distance = squaredGeodesicDistance(flat(x), flat(antipode), BLOCKS);
    expect(Math.abs(distance / (Math.PI ** 2 * radii) - 1)).toBeLessThan(1e-12);
    expectDistance(x, antipode);
  });

  it('from and between zero vectors', () => {
    const zero = scaled(x, 0);
    expectDistance(x, zero);
    expectDistance(zero, zero);
  });

  it('without spheres is the squared chord', () => {
    const [a, b] = [new Random(1).normals(9), new Random(2).normals(9)];
    const expected = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
    expect(Math.abs(squaredGeodesicDistance(a, b, []) - expected)).toBeLessThan(1e-12);
  });
});
