import { addDims, type Dim } from '../onnx/dim.js';
import type { TensorOps } from '../ops/tensor-ops.js';

/** [..., n] → [..., n, 1] */
export function asColumn<T>(ops: TensorOps<T>, x: T): T {
  return ops.reshape(x, [...ops.shape(x), 1]);
}

/** [..., n, 1] → [..., n] */
export function dropLastAxis<T>(ops: TensorOps<T>, x: T): T {
  return ops.reshape(x, ops.shape(x).slice(0, -1));
}

/** Inserts an axis of size 1. */
export function expandAxis<T>(ops: TensorOps<T>, x: T, axis: number): T {
  const shape = ops.shape(x);
  return ops.reshape(x, [...shape.slice(0, axis), 1, ...shape.slice(axis)]);
}

/** Consecutive parts of the given sizes along one axis. */
export function split<T>(ops: TensorOps<T>, x: T, axis: number, sizes: readonly Dim[]): T[] {
  let start: Dim = 0;
  return sizes.map((size) => {
    const part = ops.slice(x, axis, start, size);
    start = addDims(start, size);
    return part;
  });
}
