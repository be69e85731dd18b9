import { WeightspringError } from '../../errors.js';
import { multiplyDims } from '../../onnx/dim.js';
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
 * The elements of images under all windows.
 *
 * @param x - [..., h, w]
 * @param columns - windows along the width. Default: as along the height
 * @returns [..., size, size, h', w'] with h' and w' windows
 */
export function unfold<T>(ops: TensorOps<T>, x: T, rows: Windows, columns: Windows = rows): T {
  const rank = ops.shape(x).length;
  const unfolded = unfoldAxis(ops, x, rank - 2, rank - 2, rows);
  return unfoldAxis(ops, unfolded, rank, rank - 1, columns);
}

/**
 * `conv2d` as slices and products of matrices, for interpreters that have nothing better.
 *
 * @param x - [..., n, c, h, w]
 * @param filters - [..., o, c, k, l]
 */
export function convolutionByProducts<T>(ops: TensorOps<T>, x: T, filters: T): T {
  const [outputs = 1, inputs = 1, k = 1, l = 1] = ops.shape(filters).slice(-4);
  const [rows, columns] = [k, l].map((size) => ({ size: Number(size), stride: 1 }));
  // One axis before the images: some runtimes cut and pad only tensors of few axes.
  const [before, image] = [ops.shape(x).slice(0, -2), ops.shape(x).slice(-2)];
  const images = ops.reshape(x, [multiplyDims(...before), ...image]);
  const unfolded = unfold(ops, images, rows ?? ONE, columns ?? ONE);
  const [height = 1, width = 1] = ops.shape(unfolded).slice(-2);
  const places = multiplyDims(height, width);
  const numbers = multiplyDims(inputs, k, l);
  const patches = ops.reshape(unfolded, [...before.slice(0, -1), numbers, places]);
  const lead = ops.shape(filters).slice(0, -4);
  const product = ops.matMul(ops.reshape(filters, [...lead, 1, outputs, numbers]), patches);
  return ops.reshape(product, [...ops.shape(product).slice(0, -1), height, width]);
}

const ONE: Windows = { size: 1, stride: 1 };

/**
 * Images by rows of disjoint square tiles, without what lies behind the last tile.
 *
 * @param x - [..., h, w]
 * @returns [..., h', size · w''], the rows of a row of tiles one after the other; w'' is the width of
 *   the tiles together
 */
export function cropToTiles<T>(ops: TensorOps<T>, x: T, size: number): T {
  const rank = ops.shape(x).length;
  const [rows, columns] = [rank - 2, rank - 1].map((axis) =>
    Math.floor(lengthOf(ops, x, axis) / size),
  ) as [number, number];
  const whole = columns * size;
  const cropped = ops.slice(ops.slice(x, rank - 2, 0, rows * size), rank - 1, 0, whole);
  return ops.reshape(cropped, [...ops.shape(x).slice(0, -2), rows, size * whole]);
}

/**
 * The sum over each tile.
 *
 * As a product with zeros and ones: runtimes are slow at sums along short axes.
 *
 * @param tiles - from {@link cropToTiles}, [..., h', size · w'']
 * @returns [..., h', w']
 */
export function tileSums<T>(ops: TensorOps<T>, tiles: T, size: number): T {
  const columns = lengthOf(ops, tiles, ops.shape(tiles).length - 1) / (size * size);
  return ops.matMul(tiles, ops.transpose(membership(ops, columns, size), [1, 0]));
}

/**
 * Repeats a number per tile over its tile: the inverse layout of {@link tileSums}.
 *
 * @param x - [..., h', w']
 * @returns [..., h', size · w'']
 */
export function spreadOverTiles<T>(ops: TensorOps<T>, x: T, size: number): T {
  const columns = lengthOf(ops, x, ops.shape(x).length - 1);
  return ops.matMul(x, membership(ops, columns, size));
}

/** Which numbers of a row of tiles belong to which tile: zeros and ones [w', size · w' · size]. */
function membership<T>(ops: TensorOps<T>, columns: number, size: number): T {
  const numbers = columns * size * size;
  const matrix = new Float64Array(columns * numbers);
  for (let at = 0; at < numbers; at++) {
    const column = Math.floor((at % (columns * size)) / size);
    matrix[column * numbers + at] = 1;
  }
  return ops.constant(matrix, [columns, numbers]);
}

/** Makes `axis` that of windows, and inserts one for the place in a window before axis `place`. */
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
  const whole = Math.min(count * step, lengthOf(ops, x, axis) - start);
  const part = ops.pad(ops.slice(x, axis, start, whole), axis, 0, count * step - whole);
  const shape = ops.shape(part);
  const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const grouped = ops.reshape(part, [...before, count, step, ...after]);
  return ops.reshape(ops.slice(grouped, axis + 1, 0, 1), [...before, count, ...after]);
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
