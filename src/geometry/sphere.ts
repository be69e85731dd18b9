import { ensure, WeightspringError } from '../errors.js';
import { sizeOf } from '../ops/shape-rules.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import type { Manifold } from './manifold.js';
import {
  alongPoints,
  blend,
  boundedRoot,
  firstUnitVector,
  safeRoot,
  SMALLEST_SQUARE,
  sumPerPoint,
} from './safe-ops.js';

export interface SphereOptions {
  /**
   * The axes along which the elements are the coordinates of one vector; all other axes are batch
   * axes. Axis 0 cannot be one. `[1]` of a `[batch, d_in, d_out]` weight: one sphere per neuron.
   * `'inner'` are all axes between the batch and the last, `'all'` all but the batch.
   */
  readonly axes: readonly number[] | 'inner' | 'all';
  /**
   * r, or `'sqrt-dim'` for √(number of elements along the axes), which gives the coordinates unit
   * variance and follows symbolic widths. Default 1.
   */
  readonly radius?: number | 'sqrt-dim';
}

/**
 * Spheres of radius r: `‖x‖ = r` along the given axes, independently for all other indices.
 *
 * Conventions where the mathematics has no unique answer: the origin projects to r times the first
 * unit vector; the logarithm of the antipode −x is 0, and transport to −x leaves v as it is. The
 * distance to −x is πr, as it should be. Norms are squared in between, so float32 inputs to
 * projectPoint should lie between 1e-15 and 1e18 in norm; below, they count as 0.
 *
 * Angles come from `2·atan(‖x − y‖ / ‖x + y‖)`, never from arccos of the dot product, which loses
 * half the digits near 0 and π.
 *
 * @throws WeightspringError `invalid-argument` for axes that repeat or include the batch, or a
 * radius that is not positive
 *
 * @example
 * const neurons = sphere({ axes: [1], radius: 'sqrt-dim' });
 * const x1 = neurons.expMap(ops, x0, neurons.logMap(ops, x0, target));
 */
export function sphere(options: SphereOptions): Manifold {
  return new Sphere(options);
}

class Sphere implements Manifold {
  readonly name: string;
  readonly isFlat = false;
  readonly #axes: NonNullable<SphereOptions['axes']>;
  readonly #radius: number | 'sqrt-dim';

  constructor({ axes, radius = 1 }: SphereOptions) {
    ensure(
      typeof axes === 'string' ||
        (axes.length > 0 &&
          new Set(axes).size === axes.length &&
          axes.every((axis) => Number.isInteger(axis) && axis >= 1)),
      'invalid-argument',
      () => `expected different sphere axes from 1 on, got [${String(axes)}]`,
    );
    ensure(
      radius === 'sqrt-dim' || (radius > 0 && Number.isFinite(radius)),
      'invalid-argument',
      () => `expected a positive radius or 'sqrt-dim', got ${String(radius)}`,
    );
    this.#axes = axes;
    this.#radius = radius;
    this.name = `sphere(axes ${typeof axes === 'string' ? axes : axes.join(', ')}, radius ${String(radius)})`;
  }

  /** `cos(θ) x + sin(θ)/θ v` with `θ = ‖v‖/r`. */
  expMap<T>(ops: TensorOps<T>, x: T, v: T): T {
    const angle = boundedRoot(ops, ops.div(this.#dot(ops, v, v), this.#squaredRadius(ops, x)));
    const sinc = ops.div(ops.sin(angle), angle);
    return ops.add(ops.mul(ops.cos(angle), x), ops.mul(sinc, v));
  }

  /** The tangent projection of y, rescaled to length rθ. */
  logMap<T>(ops: TensorOps<T>, x: T, y: T): T {
    const { far, nearSquare, farSquare } = this.#chords(ops, x, y);
    // y − x or y + x, whichever is shorter: the same projection, without cancellation.
    const sign = ops.sub(ops.mul(ops.constant(2), far), ops.constant(1));
    const chord = ops.add(y, ops.mul(sign, x));
    const tangent = this.projectTangent(ops, x, chord);
    // ‖tangent‖ = r sin θ = r · 2z / (1 + z²), where z = tan of half the smaller angle and
    // farSquare = 4r² / (1 + z²); hence rθ / ‖tangent‖ = 2r² θ / (farSquare z).
    const z = boundedRoot(ops, ops.div(nearSquare, farSquare));
    const scale = ops.div(
      ops.mul(ops.mul(ops.constant(2), this.#squaredRadius(ops, x)), this.#angle(ops, far, z)),
      ops.mul(farSquare, z),
    );
    return ops.mul(scale, tangent);
  }

  geodesic<T>(ops: TensorOps<T>, x0: T, x1: T, t: T): T {
    const velocity = this.logMap(ops, x0, x1);
    return this.expMap(ops, x0, ops.mul(alongPoints(ops, t, x0), velocity));
  }

  /** The reflection `v − 2 s ⟨s, v⟩ / ‖s‖²` with `s = x + y`, which is isometric and maps x to −y. */
  parallelTransport<T>(ops: TensorOps<T>, x: T, y: T, v: T): T {
    const sum = ops.add(x, y);
    const square = ops.maximum(this.#dot(ops, sum, sum), ops.constant(SMALLEST_SQUARE));
    const share = ops.div(ops.mul(ops.constant(2), this.#dot(ops, sum, v)), square);
    return ops.sub(v, ops.mul(share, sum));
  }

  projectPoint<T>(ops: TensorOps<T>, x: T): T {
    const square = this.#dot(ops, x, x);
    const radius = this.#radiusOf(ops, x);
    const scaled = ops.mul(ops.div(radius, boundedRoot(ops, square)), x);
    const nonZero = ops.step(ops.sub(square, ops.constant(SMALLEST_SQUARE)));
    return blend(
      ops,
      nonZero,
      scaled,
      ops.mul(radius, firstUnitVector(ops, x, this.#axesOf(ops.shape(x).length))),
    );
  }

  /** `v − x ⟨x, v⟩ / r²`. */
  projectTangent<T>(ops: TensorOps<T>, x: T, v: T): T {
    const share = ops.div(this.#dot(ops, x, v), this.#squaredRadius(ops, x));
    return ops.sub(v, ops.mul(share, x));
  }

  squaredDistance<T>(ops: TensorOps<T>, x: T, y: T): T {
    const { far, nearSquare, farSquare } = this.#chords(ops, x, y);
    const angle = this.#angle(ops, far, safeRoot(ops, ops.div(nearSquare, farSquare)));
    const squares = ops.mul(this.#squaredRadius(ops, x), ops.mul(angle, angle));
    return sumPerPoint(ops, squares);
  }

  distance<T>(ops: TensorOps<T>, x: T, y: T): T {
    return safeRoot(ops, this.squaredDistance(ops, x, y));
  }

  innerProduct<T>(ops: TensorOps<T>, _x: T, u: T, v: T): T {
    return sumPerPoint(ops, ops.mul(u, v));
  }

  samplePrior<T>(ops: TensorOps<T>, noise: T): T {
    return this.projectPoint(ops, noise);
  }

  dimension(shape: readonly number[]): number {
    const axes = this.#axesOf(shape.length + 1);
    const size = sizeOf(shape);
    const spheres = shape.reduce(
      (product, dim, index) => (axes.includes(index + 1) ? product : product * dim),
      1,
    );
    return size - spheres;
  }

  /**
   * The shorter and the longer of the chords ‖x − y‖ and ‖x + y‖, squared, and `far` = 1 where
   * ‖x − y‖ is the longer one, so for angles above π/2.
   */
  #chords<T>(
    ops: TensorOps<T>,
    x: T,
    y: T,
  ): { readonly far: T; readonly nearSquare: T; readonly farSquare: T } {
    const difference = ops.sub(x, y);
    const sum = ops.add(x, y);
    const toPoint = this.#dot(ops, difference, difference);
    const toAntipode = this.#dot(ops, sum, sum);
    const far = ops.step(ops.sub(toPoint, toAntipode));
    const farSquare = blend(ops, far, toPoint, toAntipode);
    return {
      far,
      nearSquare: blend(ops, far, toAntipode, toPoint),
      farSquare: ops.maximum(farSquare, ops.constant(SMALLEST_SQUARE)),
    };
  }

  /** θ = 2·atan(z), measured from the antipode where the points are far: π − 2·atan(z). */
  #angle<T>(ops: TensorOps<T>, far: T, z: T): T {
    const smaller = ops.mul(ops.constant(2), ops.atan(z));
    return blend(ops, far, ops.sub(ops.constant(Math.PI), smaller), smaller);
  }

  /** Dot product along the axes, which stay with size 1. */
  #dot<T>(ops: TensorOps<T>, a: T, b: T): T {
    return ops.sum(ops.mul(a, b), this.#axesOf(ops.shape(a).length), true);
  }

  #squaredRadius<T>(ops: TensorOps<T>, x: T): T {
    return this.#radius === 'sqrt-dim'
      ? ops.count(x, this.#axesOf(ops.shape(x).length))
      : ops.constant(this.#radius * this.#radius);
  }

  #radiusOf<T>(ops: TensorOps<T>, x: T): T {
    return this.#radius === 'sqrt-dim'
      ? ops.sqrt(this.#squaredRadius(ops, x))
      : ops.constant(this.#radius);
  }

  /** The axes of points of a rank, the batch included. */
  #axesOf(rank: number): readonly number[] {
    const axes = this.#axes;
    const named = typeof axes === 'string';
    const last = named ? (axes === 'all' ? 1 : 2) : Math.max(...axes);
    if (last >= rank) {
      throw new WeightspringError(
        'shape-mismatch',
        `${this.name} needs points of rank ${String(last + 1)} or more, batch included, ` +
          `got ${String(rank)}`,
      );
    }
    if (!named) return axes;
    return Array.from({ length: rank - last }, (_, index) => index + 1);
  }
}
