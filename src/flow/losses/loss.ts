import type { ProductManifold } from '../../geometry/product.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import type { LossMean } from './average.js';

/** Predicted and true end points of a batch, tensors [batch, …]. */
export interface EndPoints<T> {
  /** x̂_1 */
  readonly predicted: readonly T[];
  readonly x1: readonly T[];
  /** The points of the path that the prediction was made at. */
  readonly xt: readonly T[];
}

/**
 * How far predicted end points are from the true ones: 0 where they agree, and on straight paths
 * `‖x̂_1 − x_1‖²`.
 *
 * @param path - manifold of the paths
 * @param over - what the loss is the mean over
 * @returns a scalar
 */
export type EndPointLoss = <T>(
  ops: TensorOps<T>,
  path: ProductManifold,
  points: EndPoints<T>,
  over: LossMean,
) => T;
