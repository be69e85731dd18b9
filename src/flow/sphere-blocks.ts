import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { SMALLEST_SQUARE } from '../geometry/safe-ops.js';

/**
 * Spheres among the flat coordinates of a point: sphere j, of `count`, has the `size` coordinates
 * `offset + j + i · count`, i = 0 … size−1, and radius √size.
 */
export interface SphereBlock {
  readonly offset: number;
  readonly count: number;
  readonly size: number;
}

/**
 * One sphere per hidden neuron, one for the last weight matrix.
 *
 * @throws WeightspringError `unsupported-architecture` where one sphere spans several tensors, such
 * as a projection and its block: the manifolds of a point are products over its tensors
 */
export function sphereBlocks(arch: Architecture): readonly SphereBlock[] {
  const { key, slots } = networkOf(arch);
  const nameOf = new Map<string, string>();
  return slots.flatMap(({ name, to, sphere, fanOut, offset, size }) => {
    if (sphere === null) return [];
    ensure(
      !nameOf.has(to),
      'unsupported-architecture',
      () =>
        `expected neurons that one layer leads to, got ${key}, where ${nameOf.get(to)} and ${name} ` +
        'share theirs: choose the euclidean geometry, which has no spheres',
      'architecture.nodes',
    );
    nameOf.set(to, name);
    const count = sphere === 'whole' ? 1 : fanOut;
    return [{ offset, count, size: size / count }];
  });
}

/**
 * Scales the vector of every sphere to its radius, in place; the origin goes to the first unit
 * vector, as `sphere().projectPoint` does.
 */
export function projectSpheres(point: Float32Array, blocks: readonly SphereBlock[]): void {
  for (const block of blocks) {
    const { offset, count, size } = block;
    const end = offset + count * size;
    const radius = Math.sqrt(size);
    for (let start = offset; start < offset + count; start++) {
      let square = 0;
      for (let at = start; at < end; at += count) square += (point[at] as number) ** 2;
      if (square <= SMALLEST_SQUARE) {
        for (let at = start; at < end; at += count) point[at] = at === start ? radius : 0;
        continue;
      }
      const scale = radius / Math.sqrt(square);
      for (let at = start; at < end; at += count) point[at] = scale * (point[at] as number);
    }
  }
}

/** Squared geodesic distance of two points on the spheres, Euclidean on the other coordinates. */
export function squaredGeodesicDistance(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  blocks: readonly SphereBlock[],
): number {
  let total = 0;
  let flat = 0;
  for (const { offset, count, size } of blocks) {
    total += squaredChord(a, b, flat, offset);
    flat = offset + count * size;
    for (let start = offset; start < offset + count; start++) {
      total += size * angleBetween(a, b, start, flat, count) ** 2;
    }
  }
  return total + squaredChord(a, b, flat, a.length);
}

/** `‖a − b‖²` over the coordinates from `start` to `end`. */
function squaredChord(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  start: number,
  end: number,
): number {
  let square = 0;
  for (let at = start; at < end; at++) square += ((a[at] as number) - (b[at] as number)) ** 2;
  return square;
}

/** `2·atan(‖a − b‖ / ‖a + b‖)` over every `step`-th coordinate, exact near 0 and near π. */
function angleBetween(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  start: number,
  end: number,
  step: number,
): number {
  let toPoint = 0;
  let toAntipode = 0;
  for (let at = start; at < end; at += step) {
    const x = a[at] as number;
    const y = b[at] as number;
    toPoint += (x - y) ** 2;
    toAntipode += (x + y) ** 2;
  }
  return 2 * Math.atan2(Math.sqrt(toPoint), Math.sqrt(toAntipode));
}
