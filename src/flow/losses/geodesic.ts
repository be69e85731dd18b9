import type { TensorOps } from '../../ops/tensor-ops.js';
import type { ProductManifold } from '../../geometry/product.js';
import { averageOf, coordinates, type LossMean } from './average.js';
import type { EndPoints } from './loss.js';

/** Squared geodesic distance over the number of coordinates. */
export function geodesic<T>(
  ops: TensorOps<T>,
  path: ProductManifold,
  { predicted, x1 }: EndPoints<T>,
  over: LossMean,
): T {
  const means = path.factors.map((factor, index) => {
    const end = predicted[index] as T;
    const square = factor.squaredDistance(ops, end, x1[index] as T);
    return ops.div(ops.mean(square), coordinates(ops, end));
  });
  return averageOf(ops, over, means, predicted);
}
