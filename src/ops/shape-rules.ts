import { ensure, WeightspringError } from '../errors.js';
import { formatShape, type Dim, type Shape } from '../onnx/dim.js';
import * as symbolic from './symbolic-shapes.js';

/** A shape of numbers only, for interpreters that compute. */
export type ConcreteShape = readonly number[];

/**
 * Memory layout of one axis in a row-major tensor: `outer` blocks of `size` rows of `inner`
 * elements.
 */
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

/** The shape of a constant: the given one, else [] for a number and [length] for a list. */
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

/* The rules for concrete shapes, from those for symbolic ones. */

/** The common shape of two operands that broadcast as NumPy does. */
export function binaryShape(operation: string, a: ConcreteShape, b: ConcreteShape): ConcreteShape {
  return concreteShape(operation, symbolic.binaryShape(operation, a, b));
}

/** Axes to reduce, ascending: all of them when omitted. */
export const reducedAxes: (
  operation: string,
  shape: ConcreteShape,
  axes?: readonly number[],
) => readonly number[] = symbolic.checkedAxes;

/** The shape after a reduction over `axes`. */
export function reducedShape(
  shape: ConcreteShape,
  axes: readonly number[],
  keepDims: boolean,
): ConcreteShape {
  return concreteShape('reduction', symbolic.reducedShape(shape, axes, keepDims));
}

/** `[…, m, k] × […, k, n] → […, m, n]`, leading axes broadcast. */
export function matMulShape(a: ConcreteShape, b: ConcreteShape): ConcreteShape {
  return concreteShape('matMul', symbolic.matMulShape(a, b));
}

/** `[…, n, c, h, w] × […, o, c, k, l] → […, n, o, h − k + 1, w − l + 1]`, leading axes broadcast. */
export function conv2dShape(x: ConcreteShape, filters: ConcreteShape): ConcreteShape {
  return concreteShape('conv2d', symbolic.conv2dShape(x, filters));
}

/** `[…, h, w] → […, ⌊h / size⌋, ⌊w / size⌋]`. */
export function pooledShape(shape: ConcreteShape, size: number): ConcreteShape {
  return concreteShape('maxPool', symbolic.pooledShape(shape, size));
}

export function transposedShape(
  shape: ConcreteShape,
  permutation: readonly number[],
): ConcreteShape {
  return concreteShape('transpose', symbolic.transposedShape(shape, permutation));
}

export function reshapedShape(shape: ConcreteShape, target: Shape): ConcreteShape {
  const result = concreteShape('reshape', target);
  symbolic.checkReshape(shape, result);
  return result;
}

export function broadcastShape(shape: ConcreteShape, target: Shape): ConcreteShape {
  const result = concreteShape('broadcastTo', target);
  symbolic.checkBroadcast(shape, result);
  return result;
}

export function concatenatedShape(shapes: readonly ConcreteShape[], axis: number): ConcreteShape {
  return concreteShape('concat', symbolic.concatenatedShape(shapes, axis));
}

export function slicedShape(
  shape: ConcreteShape,
  axis: number,
  start: number,
  size: number,
): ConcreteShape {
  return concreteShape('slice', symbolic.slicedShape(shape, axis, start, size));
}

export function requireAxis(operation: string, shape: ConcreteShape, axis: number): void {
  symbolic.dimAt(operation, shape, axis);
}
