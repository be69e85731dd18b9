import { ensure, WeightspringError } from '../errors.js';
import { broadcastShapes } from '../onnx/dim-algebra.js';
import {
  addDims,
  differenceOfDims,
  formatShape,
  multiplyDims,
  sameShape,
  type Dim,
  type Shape,
} from '../onnx/dim.js';

/** The size of `axis`. @throws WeightspringError `shape-mismatch` if there is no such axis */
export function dimAt(operation: string, shape: Shape, axis: number): Dim {
  const dim = shape[axis];
  ensure(dim !== undefined, 'shape-mismatch', () =>
    expected(operation, `an axis of ${formatShape(shape)} counted from 0`, String(axis)),
  );
  return dim;
}

/** The axes of a reduction, ascending; all of them when omitted. */
export function checkedAxes(
  operation: string,
  shape: Shape,
  axes: readonly number[] = [...shape.keys()],
): readonly number[] {
  for (const axis of axes) dimAt(operation, shape, axis);
  ensure(new Set(axes).size === axes.length, 'shape-mismatch', () =>
    expected(operation, 'each axis once', formatShape(axes)),
  );
  return [...axes].sort((a, b) => a - b);
}

export function binaryShape(operation: string, a: Shape, b: Shape): Shape {
  const shape = broadcastShapes(a, b);
  if (shape === undefined) throw mismatch(operation, 'shapes that broadcast', a, b);
  return shape;
}

export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims
    ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
    : shape.filter((_, axis) => !axes.includes(axis));
}

export function matMulShape(a: Shape, b: Shape): Shape {
  const [m, k] = a.slice(-2);
  const [kOfB, n] = b.slice(-2);
  const leading = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  if (m === undefined || n === undefined || k !== kOfB || leading === undefined) {
    throw mismatch('matMul', '[…, m, k] and […, k, n]', a, b);
  }
  return [...leading, m, n];
}

/** `[…, n, c, h, w] × […, o, c, k, l] → […, n, o, h − k + 1, w − l + 1]`. */
export function conv2dShape(x: Shape, filters: Shape): Shape {
  const [n, c, h, w] = x.slice(-4);
  const [o, cOfFilters, k, l] = filters.slice(-4);
  const leading = broadcastShapes(x.slice(0, -4), filters.slice(0, -4));
  if (
    n === undefined ||
    o === undefined ||
    c !== cOfFilters ||
    w === undefined ||
    l === undefined ||
    leading === undefined
  ) {
    throw mismatch('conv2d', '[…, n, c, h, w] and […, o, c, k, l]', x, filters);
  }
  const sides = [
    [h, k],
    [w, l],
  ].map(([length, size]) => knownDim('conv2d', length) - knownDim('conv2d', size) + 1);
  if (sides.some((side) => side < 1)) {
    throw mismatch('conv2d', 'filters no larger than the images', x, filters);
  }
  return [...leading, n, o, ...sides];
}

/** `[…, h, w] → […, ⌊h / size⌋, ⌊w / size⌋]`, at least one tile. */
export function pooledShape(shape: Shape, size: number): Shape {
  const sides = [shape.length - 2, shape.length - 1].map((axis) =>
    Math.floor(knownDim('maxPool', dimAt('maxPool', shape, axis)) / size),
  );
  ensure(
    sides.every((side) => side >= 1),
    'shape-mismatch',
    () => expected('maxPool', `images of at least ${size}×${size}`, formatShape(shape)),
  );
  return [...shape.slice(0, -2), ...sides];
}

function knownDim(operation: string, dim: Dim | undefined): number {
  if (typeof dim === 'number') return dim;
  throw new WeightspringError(
    'shape-mismatch',
    expected(operation, 'images of known height and width', String(dim)),
  );
}

export function transposedShape(shape: Shape, permutation: readonly number[]): Shape {
  ensure(
    permutation.length === shape.length &&
      new Set(permutation).size === shape.length &&
      permutation.every((axis) => axis in shape),
    'shape-mismatch',
    () =>
      expected(
        'transpose',
        `a permutation of the axes of ${formatShape(shape)}`,
        formatShape(permutation),
      ),
  );
  return permutation.map((axis) => dimAt('transpose', shape, axis));
}

/** Throws unless both shapes have the same number of elements for all values of the symbols. */
export function checkReshape(from: Shape, to: Shape): void {
  if (multiplyDims(...from) !== multiplyDims(...to)) {
    throw mismatch('reshape', 'a shape with the same number of elements', from, to);
  }
}

export function checkBroadcast(from: Shape, to: Shape): void {
  const joined = broadcastShapes(from, to);
  if (joined === undefined || !sameShape(joined, to)) {
    throw mismatch('broadcastTo', 'a shape that broadcasts to the target', from, to);
  }
}

export function concatenatedShape(shapes: readonly Shape[], axis: number): Shape {
  const [first] = shapes;
  ensure(first !== undefined, 'shape-mismatch', () => expected('concat', 'an input', 'none'));
  dimAt('concat', first, axis);
  const others = (shape: Shape): Shape => shape.filter((_, index) => index !== axis);
  for (const shape of shapes) {
    if (shape.length !== first.length || !sameShape(others(shape), others(first))) {
      throw mismatch('concat', `shapes equal but for axis ${axis}`, first, shape);
    }
  }
  return withDim(first, axis, addDims(...shapes.map((shape) => dimAt('concat', shape, axis))));
}

/**
 * The shape of a slice. A range may depend on symbols; it is refused if it is certain to end
 * outside.
 */
export function slicedShape(shape: Shape, axis: number, start: Dim, size: Dim): Shape {
  const whole = dimAt('slice', shape, axis);
  const rest = differenceOfDims(whole, addDims(start, size));
  for (const amount of [start, size, rest]) {
    ensure(typeof amount === 'string' || amount >= 0, 'shape-mismatch', () =>
      expected(
        'slice',
        `a range inside axis ${axis} of ${formatShape(shape)}`,
        `${size} elements from ${start}`,
      ),
    );
  }
  return withDim(shape, axis, size);
}

export function paddedShape(shape: Shape, axis: number, before: Dim, after: Dim): Shape {
  const whole = dimAt('pad', shape, axis);
  ensure(
    [before, after].every((amount) => typeof amount === 'string' || amount >= 0),
    'shape-mismatch',
    () => expected('pad', 'amounts of at least 0', `${before} and ${after}`),
  );
  return withDim(shape, axis, addDims(before, whole, after));
}

function withDim(shape: Shape, axis: number, dim: Dim): Shape {
  return shape.map((old, index) => (index === axis ? dim : old));
}

function expected(operation: string, what: string, got: string): string {
  return `${operation} expects ${what}, got ${got}`;
}

function mismatch(operation: string, what: string, a: Shape, b: Shape): WeightspringError {
  return new WeightspringError(
    'shape-mismatch',
    expected(operation, what, `${formatShape(a)} and ${formatShape(b)}`),
  );
}
