import { architecture } from '../../../src/network/architecture.js';
import { pointGeometry } from '../../../src/flow/geometry.js';
import { alongBatch } from '../../../src/flow/probability-path.js';
import type { SolverStep, VelocityField } from '../../../src/flow/solvers/solver-step.js';
import { euclidean } from '../../../src/geometry/euclidean.js';
import { product, type ProductManifold } from '../../../src/geometry/product.js';
import { sphere } from '../../../src/geometry/sphere.js';
import { ReferenceOps, tensor, type ReferenceTensor } from '../../../src/ops/reference-ops.js';
import { layoutIn } from '../../support/point-of.js';
import { mapPoint, noise, priorPoint, shapesOf, type Point } from '../points.js';

export const BATCH = 2;

const ops = new ReferenceOps();

/** A smooth, nonlinear, time-dependent ODE on a manifold. */
export interface OdeCase {
  readonly name: string;
  readonly path: ProductManifold;
  readonly start: Point;
  readonly field: VelocityField<ReferenceTensor>;
}

export function everyRow(value: number): ReferenceTensor {
  return tensor(new Float64Array(BATCH).fill(value), [BATCH]);
}

/**
 * `P_x(sin(x + a t) + c − x / 2)`, the tangent part of a field that is no rotation: along the spheres
 * it contracts, turns and changes with time. What c takes from every tensor makes them depend
 * on each other.
 */
function fieldOn(path: ProductManifold, shift: Point): VelocityField<ReferenceTensor> {
  return (point, t) => {
    const common = point
      .map((x) =>
        ops.mean(
          x,
          ops
            .shape(x)
            .map((_, axis) => axis)
            .slice(1),
        ),
      )
      .reduce((sum, mean) => ops.add(sum, ops.mul(ops.constant(1 / point.length), mean)));
    const ambient = point.map((x, index) => {
      const moving = ops.mul(alongBatch(ops, t, x), shift[index]!);
      const wave = ops.sin(ops.add(x, moving));
      const pull = ops.mul(ops.constant(-1 / 2), x);
      return ops.add(ops.add(wave, pull), alongBatch(ops, common, x));
    });
    return path.projectTangent(ops, point, ambient);
  };
}

function caseOf(
  name: string,
  path: ProductManifold,
  shapes: readonly (readonly number[])[],
): OdeCase {
  const start = path.samplePrior(ops, noise(shapes, 'start'));
  return { name, path, start, field: fieldOn(path, noise(shapes, 'shift')) };
}

const ARCH = architecture([3, 4, 2]);
const CANONICAL = shapesOf(ARCH, 'geometric', BATCH);

export const ODE_CASES: readonly OdeCase[] = [
  caseOf('flat space', product([euclidean, euclidean]), [
    [BATCH, 3],
    [BATCH, 2, 2],
  ]),
  caseOf('the sphere S²', product([sphere({ axes: [1] })]), [[BATCH, 3]]),
  {
    ...caseOf(
      'the canonical form of 3-4-2',
      pointGeometry('geometric', layoutIn('geometric', ARCH).tensors).path,
      CANONICAL,
    ),
    start: priorPoint(ARCH, 'geometric', BATCH, 'start'),
  },
];

/** `v = t − x` in flat space: `x(1) = (x_0 + 1)/e`. */
export const DECAY: OdeCase & { readonly end: Point } = ((): OdeCase & { end: Point } => {
  const start = noise([[BATCH, 3]], 'decay');
  return {
    name: 'v = t − x in flat space',
    path: product([euclidean]),
    start,
    field: (point, t) => point.map((x) => ops.sub(alongBatch(ops, t, x), x)),
    end: mapPoint(start, (x) => (x + 1) / Math.E),
  };
})();

/** `v = (1 + 5t⁴) J x` on the circle, J a quarter turn: two radians from t = 0 to 1. */
export const ROTATION: OdeCase & { readonly end: Point } = ((): OdeCase & { end: Point } => {
  const quarter = tensor([0, 1, -1, 0], [2, 2]);
  const [x0, x1] = [Math.cos(0.3), Math.sin(0.3)];
  return {
    name: 'v = (1 + 5t⁴) J x on the circle',
    path: product([sphere({ axes: [1] })]),
    start: [tensor([x0, x1, -x1, x0], [BATCH, 2])],
    field: (point, t) =>
      point.map((x) => {
        const square = ops.mul(t, t);
        const speed = ops.add(ops.constant(1), ops.mul(ops.constant(5), ops.mul(square, square)));
        return ops.mul(alongBatch(ops, speed, x), ops.matMul(x, quarter));
      }),
    end: [tensor([Math.cos(2.3), Math.sin(2.3), -Math.sin(2.3), Math.cos(2.3)], [BATCH, 2])],
  };
})();

/** Integrates from t = 0 to 1 in equal steps. */
export function solve(step: SolverStep, { path, start, field }: OdeCase, steps: number): Point {
  let point = start;
  for (let k = 0; k < steps; k++) {
    point = step(ops, path, field, point, everyRow(k / steps), everyRow(1 / steps));
  }
  return point;
}
