import { depth, tensorLayout, type Architecture } from '../architecture/architecture.js';

/**
 * Spheres among the flat coordinates of a point: sphere j, of `count`, has the `size` coordinates
 * `offset + j + i · count`, i = 0 … size−1, and radius √size.
 */
export interface SphereBlock {
  readonly offset: number;
  readonly count: number;
  readonly size: number;
}

/** One sphere per hidden neuron, one for the last weight matrix. */
export function sphereBlocks(arch: Architecture): readonly SphereBlock[] {
  return tensorLayout(arch).flatMap(({ kind, layer, shape, offset, size }) => {
    if (kind === 'bias') return [];
    if (layer === depth(arch)) return [{ offset, count: 1, size }];
    const [fanIn = 0, count = 0] = shape;
    return [{ offset, count, size: fanIn }];
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
      if (square === 0) {
        point[start] = radius;
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
    total += squaredChord(a, b, flat, offset, 1);
    flat = offset + count * size;
    for (let start = offset; start < offset + count; start++) {
      const angle = angleOfChord(squaredChord(a, b, start, flat, count) / size);
      total += size * angle * angle;
    }
  }
  return total + squaredChord(a, b, flat, a.length, 1);
}

/** `‖a − b‖²` over every `step`-th coordinate from `start`. */
function squaredChord(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  start: number,
  end: number,
  step: number,
): number {
  let square = 0;
  for (let at = start; at < end; at += step) {
    square += ((a[at] as number) - (b[at] as number)) ** 2;
  }
  return square;
}

/** The angle of a chord of the unit sphere from its squared length. */
function angleOfChord(square: number): number {
  return 2 * Math.asin(Math.min(1, Math.sqrt(square) / 2));
}
