import { WeightspringError } from '../../errors.js';
import type { Dim } from '../../onnx/dim.js';
import type { TensorOps } from '../tensor-ops.js';

/** Windows of `size` neighbours, each `stride` after the one before. */
export interface Windows {
  readonly size: number;
  readonly stride: number;
}

/** Number of windows that fit into an axis; at most 0 for one that is too short. */
export function windowCount(length: number, { size, stride }: Windows): number {
  return Math.floor((length - size) / stride) + 1;
}

/**
 * The elements of an image under all square windows.
 *
 * @param x - [..., h, w]
 * @returns [..., size, size, h', w'] with h' and w' windows
 */
export function unfold<T>(ops: TensorOps<T>, x: T, windows: Windows): T {
  const rank = ops.shape(x).length;
  const rows = unfoldAxis(ops, x, rank - 2, rank - 2, windows);
  return unfoldAxis(ops, rows, rank, rank - 1, windows);
}

/**
 * The elements of an image by disjoint square windows, without those behind the last window.
 *
 * @param x - [..., h, w]
 * @returns [..., h', size, w', size]
 */
export function tiles<T>(ops: TensorOps<T>, x: T, size: number): T {
  const rank = ops.shape(x).length;
  const counts = [rank - 2, rank - 1].map((axis) => Math.floor(lengthOf(ops, x, axis) / size));
  const [rows = 1, columns = 1] = counts;
  const cropped = ops.slice(ops.slice(x, rank - 2, 0, rows * size), rank - 1, 0, columns * size);
  return ops.reshape(cropped, [...ops.shape(x).slice(0, -2), rows, size, columns, size]);
}

/**
 * Inserts an axis for the place in a window before axis `place`, and makes `axis` that of windows.
 */
function unfoldAxis<T>(ops: TensorOps<T>, x: T, axis: number, place: number, windows: Windows): T {
  const { size, stride } = windows;
  const count = windowCount(lengthOf(ops, x, axis), windows);
  const parts = Array.from({ length: size }, (_, start) => {
    const part = everyNth(ops, x, axis, start, stride, count);
    const shape = ops.shape(part);
    return ops.reshape(part, [...shape.slice(0, place), 1, ...shape.slice(place)]);
  });
  return ops.concat(parts, place);
}

/** `count` elements along an axis, `step` apart. */
function everyNth<T>(
  ops: TensorOps<T>,
  x: T,
  axis: number,
  start: number,
  step: number,
  count: number,
): T {
  if (step === 1) return ops.slice(x, axis, start, count);
  const length = lengthOf(ops, x, axis);
  const whole = Math.min(count * step, length - start);
  const part = ops.pad(ops.slice(x, axis, start, whole), axis, 0, count * step - whole);
  const shape = ops.shape(part);
  const grouped = ops.reshape(part, [...withDims(shape, axis, [count, step])]);
  return ops.reshape(ops.slice(grouped, axis + 1, 0, 1), withDims(shape, axis, [count]));
}

function withDims(shape: readonly Dim[], axis: number, dims: readonly Dim[]): readonly Dim[] {
  return [...shape.slice(0, axis), ...dims, ...shape.slice(axis + 1)];
}

/** Heights and widths are numbers in every interpreter. */
function lengthOf<T>(ops: TensorOps<T>, x: T, axis: number): number {
  const length = ops.shape(x)[axis];
  if (typeof length === 'number') return length;
  throw new WeightspringError(
    'shape-mismatch',
    `windows expect an axis of known length, got ${String(length)}`,
  );
}
