import type { TensorOps } from '../../ops/tensor-ops.js';
import type { ProductManifold } from '../../geometry/product.js';
import { averageOf } from './average.js';
import type { EndPoints } from './loss.js';

/** Squared geodesic distance over the number of coordinates. */
export function geodesic<T>(
  ops: TensorOps<T>,
  path: ProductManifold,
  { predicted, x1 }: EndPoints<T>,
): T {
  return averageOf(
    ops,
    path.factors.map((factor, index) => {
      const [end, target] = [predicted[index] as T, x1[index] as T];
      const axes = ops.shape(end).map((_, axis) => axis);
      const square = factor.squaredDistance(ops, end, target);
      return ops.div(ops.mean(square), ops.count(end, axes.slice(1)));
    }),
  );
}
