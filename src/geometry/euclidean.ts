import { sizeOf } from '../ops/shape-rules.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import type { Manifold } from './manifold.js';
import { alongPoints, safeRoot, sumPerPoint } from './safe-ops.js';

/** Flat space: tensors `[batch, …]` as they are. */
export const euclidean: Manifold = {
  name: 'euclidean',
  isFlat: true,

  expMap<T>(ops: TensorOps<T>, x: T, v: T): T {
    return ops.add(x, v);
  },

  logMap<T>(ops: TensorOps<T>, x: T, y: T): T {
    return ops.sub(y, x);
  },

  geodesic<T>(ops: TensorOps<T>, x0: T, x1: T, t: T): T {
    return ops.add(x0, ops.mul(alongPoints(ops, t, x0), ops.sub(x1, x0)));
  },

  parallelTransport<T>(_ops: TensorOps<T>, _x: T, _y: T, v: T): T {
    return v;
  },

  projectPoint<T>(_ops: TensorOps<T>, x: T): T {
    return x;
  },

  projectTangent<T>(_ops: TensorOps<T>, _x: T, v: T): T {
    return v;
  },

  squaredDistance<T>(ops: TensorOps<T>, x: T, y: T): T {
    const difference = ops.sub(x, y);
    return sumPerPoint(ops, ops.mul(difference, difference));
  },

  distance<T>(ops: TensorOps<T>, x: T, y: T): T {
    return safeRoot(ops, euclidean.squaredDistance(ops, x, y));
  },

  innerProduct<T>(ops: TensorOps<T>, _x: T, u: T, v: T): T {
    return sumPerPoint(ops, ops.mul(u, v));
  },

  samplePrior<T>(_ops: TensorOps<T>, noise: T): T {
    return noise;
  },

  dimension(shape: readonly number[]): number {
    return sizeOf(shape);
  },
};
