import { ensure } from '../errors.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import type { Manifold } from './manifold.js';
import { safeRoot } from './safe-ops.js';

/**
 * A product of manifolds: a point is one tensor `[batch, …]` per factor, all operations work factor
 * by factor, and squared distances and inner products are summed.
 *
 * @throws WeightspringError `invalid-argument` without factors; from every operation
 * `shape-mismatch` if a list does not have one entry per factor
 *
 * @example
 * const space = product([sphere({ axes: [1] }), euclidean]); // incoming weights, biases
 */
export function product(factors: readonly Manifold[]): ProductManifold {
  ensure(factors.length > 0, 'invalid-argument', () => 'a product needs at least one manifold');
  return new ProductManifold(factors);
}

/** The part of a list that belongs to one factor. */
type PartOf = <P>(list: readonly P[]) => P;

/** The operations of {@link Manifold} on lists of tensors. */
export class ProductManifold {
  constructor(readonly factors: readonly Manifold[]) {}

  get name(): string {
    return this.factors.map(({ name }) => name).join(' × ');
  }

  expMap<T>(ops: TensorOps<T>, x: readonly T[], v: readonly T[]): T[] {
    return this.#each((factor, of) => factor.expMap(ops, of(x), of(v)));
  }

  logMap<T>(ops: TensorOps<T>, x: readonly T[], y: readonly T[]): T[] {
    return this.#each((factor, of) => factor.logMap(ops, of(x), of(y)));
  }

  /** @param t - `[batch]`, or a scalar */
  geodesic<T>(ops: TensorOps<T>, x0: readonly T[], x1: readonly T[], t: T): T[] {
    return this.#each((factor, of) => factor.geodesic(ops, of(x0), of(x1), t));
  }

  parallelTransport<T>(ops: TensorOps<T>, x: readonly T[], y: readonly T[], v: readonly T[]): T[] {
    return this.#each((factor, of) => factor.parallelTransport(ops, of(x), of(y), of(v)));
  }

  projectPoint<T>(ops: TensorOps<T>, x: readonly T[]): T[] {
    return this.#each((factor, of) => factor.projectPoint(ops, of(x)));
  }

  projectTangent<T>(ops: TensorOps<T>, x: readonly T[], v: readonly T[]): T[] {
    return this.#each((factor, of) => factor.projectTangent(ops, of(x), of(v)));
  }

  /** `[batch]` */
  squaredDistance<T>(ops: TensorOps<T>, x: readonly T[], y: readonly T[]): T {
    return this.#total(ops, (factor, of) => factor.squaredDistance(ops, of(x), of(y)));
  }

  /** `[batch]`; the gradient at distance 0 is 0. */
  distance<T>(ops: TensorOps<T>, x: readonly T[], y: readonly T[]): T {
    return safeRoot(ops, this.squaredDistance(ops, x, y));
  }

  /** `[batch]` */
  innerProduct<T>(ops: TensorOps<T>, x: readonly T[], u: readonly T[], v: readonly T[]): T {
    return this.#total(ops, (factor, of) => factor.innerProduct(ops, of(x), of(u), of(v)));
  }

  /** @param noise - standard normal, one tensor per factor */
  samplePrior<T>(ops: TensorOps<T>, noise: readonly T[]): T[] {
    return this.#each((factor, of) => factor.samplePrior(ops, of(noise)));
  }

  /** @param shapes - of one point, without the batch, one per factor */
  dimension(shapes: readonly (readonly number[])[]): number {
    return this.#each((factor, of) => factor.dimension(of(shapes))).reduce(
      (sum, dimension) => sum + dimension,
      0,
    );
  }

  #total<T>(ops: TensorOps<T>, term: (factor: Manifold, of: PartOf) => T): T {
    return this.#each(term).reduce((sum, next) => ops.add(sum, next));
  }

  #each<R>(apply: (factor: Manifold, of: PartOf) => R): R[] {
    return this.factors.map((factor, index) =>
      apply(factor, (list) => {
        const part = list[index];
        ensure(
          list.length === this.factors.length && part !== undefined,
          'shape-mismatch',
          () =>
            `expected one tensor for each of ${String(this.factors.length)} manifolds, ` +
            `got ${String(list.length)}`,
        );
        return part;
      }),
    );
  }
}
