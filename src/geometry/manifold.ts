import type { TensorOps } from '../ops/tensor-ops.js';

/**
 * A Riemannian manifold embedded in the space of tensors `[batch, …]`, as computations over
 * {@link TensorOps}: the same code trains, is exported and serves.
 *
 * Axis 0 is the batch; the other axes make up a point. Points are expected on the manifold and
 * tangents in the tangent space of their point: {@link Manifold.projectPoint} and
 * {@link Manifold.projectTangent} bring them there. No operation branches on values, all are
 * differentiable with finite gradients at coinciding points and zero tangents, and NaN propagates:
 * check values from outside with `assertFinite`.
 */
export interface Manifold {
  readonly name: string;

  /** Whether geodesics are straight lines of the embedding space. */
  readonly isFlat: boolean;

  /** The point where the geodesic from `x` with initial velocity `v` is at time 1. */
  expMap<T>(ops: TensorOps<T>, x: T, v: T): T;

  /** The tangent at `x` of the shortest geodesic that is at `y` at time 1: the inverse of expMap. */
  logMap<T>(ops: TensorOps<T>, x: T, y: T): T;

  /**
   * The shortest geodesic from `x0` to `x1` at time t, `exp_{x0}(t·log_{x0} x1)`.
   *
   * @param t - `[batch]`, or a scalar
   */
  geodesic<T>(ops: TensorOps<T>, x0: T, x1: T, t: T): T;

  /** A tangent `v` at `x` carried along the shortest geodesic to `y`. */
  parallelTransport<T>(ops: TensorOps<T>, x: T, y: T, v: T): T;

  /** The point of the manifold nearest to `x`. */
  projectPoint<T>(ops: TensorOps<T>, x: T): T;

  /** The tangent at `x` nearest to `v`. */
  projectTangent<T>(ops: TensorOps<T>, x: T, v: T): T;

  /** Squared geodesic distance, `[batch]`. */
  squaredDistance<T>(ops: TensorOps<T>, x: T, y: T): T;

  /** Geodesic distance, `[batch]`; its gradient at distance 0 is 0. */
  distance<T>(ops: TensorOps<T>, x: T, y: T): T;

  /** The metric ⟨u, v⟩ of tangents at `x`, `[batch]`. */
  innerProduct<T>(ops: TensorOps<T>, x: T, u: T, v: T): T;

  /**
   * A sample of the prior from standard normal noise of the same shape: the noise itself on a flat
   * manifold, uniform on a sphere.
   */
  samplePrior<T>(ops: TensorOps<T>, noise: T): T;

  /**
   * Dimension of the manifold for points of a shape.
   *
   * @param shape - of one point, without the batch
   */
  dimension(shape: readonly number[]): number;
}
