import { ensure, WeightspringError } from '../errors.js';
import { broadcastShapes } from '../onnx/dim-algebra.js';
import { formatShape, sameShape, type Dim, type Shape } from '../onnx/dim.js';

/** A shape of numbers only: what the interpreters that compute work with. */
export type ConcreteShape = readonly number[];

/** Where one axis lies in row-major memory: `outer` blocks of `size` rows of `inner` elements. */
export interface AxisLayout {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** Number of elements; 1 for the scalar shape []. */
export function sizeOf(shape: ConcreteShape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** The row-major position of `axis`, which must exist. */
export function axisLayout(shape: ConcreteShape, axis: number): AxisLayout {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    size: shape[axis] ?? 1,
    inner: sizeOf(shape.slice(axis + 1)),
  };
}

/**
 * @throws WeightspringError `invalid-argument` for a symbolic, negative or fractional dimension
 */
export function concreteDim(operation: string, dim: Dim): number {
  if (typeof dim === 'number' && Number.isSafeInteger(dim) && dim >= 0) return dim;
  throw new WeightspringError(
    'invalid-argument',
    `${operation} computes, so it expects integer dimensions ≥ 0, got ${String(dim)}`,
  );
}

/** {@link concreteDim} of every dimension. */
export function concreteShape(operation: string, shape: Shape): ConcreteShape {
  return shape.map((dim) => concreteDim(operation, dim));
}

/** The shape of a constant: given, or [] of a number and [length] of a list. */
export function constantShape(
  values: number | ArrayLike<number>,
  shape?: ConcreteShape,
): ConcreteShape {
  const count = typeof values === 'number' ? 1 : values.length;
  const result = shape ?? (typeof values === 'number' ? [] : [count]);
  ensure(
    sizeOf(result) === count,
    'shape-mismatch',
    () =>
      `constant expects ${sizeOf(result)} values for shape ${formatShape(result)}, got ${count}`,
  );
  return result;
}

/** The common shape of two operands that broadcast as NumPy does. */
export function binaryShape(operation: string, a: ConcreteShape, b: ConcreteShape): ConcreteShape {
  const common = broadcastShapes(a, b);
  if (common !== undefined) return concreteShape(operation, common);
  throw mismatch(operation, 'shapes that broadcast', a, b);
}

/** Axes to reduce, ascending: all of them when omitted. */
export function reducedAxes(
  operation: string,
  shape: ConcreteShape,
  axes?: readonly number[],
): readonly number[] {
  const reduced = axes ?? shape.map((_, axis) => axis);
  for (const axis of reduced) requireAxis(operation, shape, axis);
  ensure(
    new Set(reduced).size === reduced.length,
    'shape-mismatch',
    () => `${operation} expects each axis once, got ${formatShape(reduced)}`,
  );
  return [...reduced].sort((a, b) => a - b);
}

/** The shape after a reduction over `axes`. */
export function reducedShape(
  shape: ConcreteShape,
  axes: readonly number[],
  keepDims: boolean,
): ConcreteShape {
  return keepDims
    ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** `[…, m, k] × […, k, n] → […, m, n]`, leading axes broadcast. */
export function matMulShape(a: ConcreteShape, b: ConcreteShape): ConcreteShape {
  const [m, k] = a.slice(-2);
  const [kOfB, n] = b.slice(-2);
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  if (m === undefined || n === undefined || k !== kOfB || batch === undefined) {
    throw mismatch('matMul', '[…, m, k] and […, k, n]', a, b);
  }
  return [...concreteShape('matMul', batch), m, n];
}

export function transposedShape(
  shape: ConcreteShape,
  permutation: readonly number[],
): ConcreteShape {
  const isPermutation =
    permutation.length === shape.length &&
    [...permutation].sort((a, b) => a - b).every((axis, index) => axis === index);
  ensure(
    isPermutation,
    'shape-mismatch',
    () =>
      `transpose expects a permutation of the ${shape.length} axes of ${formatShape(shape)}, got ${formatShape(permutation)}`,
  );
  return permutation.map((axis) => shape[axis] ?? 1);
}

export function reshapedShape(shape: ConcreteShape, target: Shape): ConcreteShape {
  const result = concreteShape('reshape', target);
  ensure(
    sizeOf(result) === sizeOf(shape),
    'shape-mismatch',
    () =>
      `reshape expects ${sizeOf(shape)} elements as in ${formatShape(shape)}, got ${formatShape(result)}`,
  );
  return result;
}

export function broadcastShape(shape: ConcreteShape, target: Shape): ConcreteShape {
  const result = concreteShape('broadcastTo', target);
  const common = broadcastShapes(shape, result);
  if (common === undefined || !sameShape(common, result)) {
    throw mismatch('broadcastTo', 'a shape that broadcasts to the target', shape, result);
  }
  return result;
}

export function concatenatedShape(shapes: readonly ConcreteShape[], axis: number): ConcreteShape {
  const first = shapes[0];
  ensure(
    first !== undefined,
    'shape-mismatch',
    () => 'concat expects at least one tensor, got none',
  );
  requireAxis('concat', first, axis);
  const others = (shape: ConcreteShape): ConcreteShape => shape.toSpliced(axis, 1);
  for (const shape of shapes) {
    if (shape.length !== first.length || !sameShape(others(shape), others(first))) {
      throw mismatch('concat', `shapes equal but for axis ${axis}`, first, shape);
    }
  }
  return first.with(
    axis,
    shapes.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0),
  );
}

export function slicedShape(
  shape: ConcreteShape,
  axis: number,
  start: number,
  size: number,
): ConcreteShape {
  requireAxis('slice', shape, axis);
  ensure(
    start + size <= (shape[axis] ?? 0),
    'shape-mismatch',
    () =>
      `slice expects elements inside axis ${axis} of ${formatShape(shape)}, got ${start} to ${start + size}`,
  );
  return shape.with(axis, size);
}

export function requireAxis(operation: string, shape: ConcreteShape, axis: number): void {
  ensure(
    Number.isInteger(axis) && axis >= 0 && axis < shape.length,
    'shape-mismatch',
    () => `${operation} expects an axis of ${formatShape(shape)} counted from 0, got ${axis}`,
  );
}

function mismatch(
  operation: string,
  expected: string,
  a: ConcreteShape,
  b: ConcreteShape,
): WeightspringError {
  return new WeightspringError(
    'shape-mismatch',
    `${operation} expects ${expected}, got ${formatShape(a)} and ${formatShape(b)}`,
  );
}
