import { differenceOfDims } from '../onnx/dim.js';
import type { TensorOps } from '../ops/tensor-ops.js';

/**
 * Squares below this count as zero. Roots are taken of at least this, so that no gradient divides
 * by zero. It is far above the smallest float32 (1e-38) and far below the resolution of float64 at
 * 1.
 */
export const SMALLEST_SQUARE = 1e-30;

/** √x for x ≥ 0, at least √{@link SMALLEST_SQUARE}: a denominator. Its gradient at 0 is 0. */
export function boundedRoot<T>(ops: TensorOps<T>, x: T): T {
  return ops.sqrt(ops.maximum(x, ops.constant(SMALLEST_SQUARE)));
}

/** √x for x ≥ 0, exactly 0 at 0, where its gradient is 0 instead of infinite. */
export function safeRoot<T>(ops: TensorOps<T>, x: T): T {
  return ops.mul(ops.step(x), boundedRoot(ops, x));
}

/** `where mask is 1: a, where 0: b`, both finite. */
export function blend<T>(ops: TensorOps<T>, mask: T, a: T, b: T): T {
  return ops.add(ops.mul(mask, a), ops.mul(ops.sub(ops.constant(1), mask), b));
}

/** Sums over everything but the batch axis: `[batch, …]` → `[batch]`. */
export function sumPerPoint<T>(ops: TensorOps<T>, x: T): T {
  const axes = pointAxes(ops, x);
  return axes.length === 0 ? x : ops.sum(x, axes);
}

/** `[batch]` → `[batch, 1, …]`, so that it broadcasts along the points `like`; a scalar stays. */
export function alongPoints<T>(ops: TensorOps<T>, t: T, like: T): T {
  const shape = ops.shape(t);
  return shape.length === 0 ? t : ops.reshape(t, [...shape, ...pointAxes(ops, like).map(() => 1)]);
}

/** 1 at index 0 along `axes` of x, 0 elsewhere; all other axes have size 1. */
export function firstUnitVector<T>(ops: TensorOps<T>, x: T, axes: readonly number[]): T {
  const sizes = ops.shape(x);
  const one = ops.constant(
    [1],
    sizes.map(() => 1),
  );
  return axes.reduce(
    (vector, axis) => ops.pad(vector, axis, 0, differenceOfDims(sizes[axis] ?? 1, 1)),
    one,
  );
}

function pointAxes<T>(ops: TensorOps<T>, x: T): number[] {
  return ops
    .shape(x)
    .map((_, axis) => axis)
    .slice(1);
}
