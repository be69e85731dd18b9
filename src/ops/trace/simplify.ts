import { broadcastShapes } from '../../onnx/dim-algebra.js';
import { sameShape, type Dim, type Shape } from '../../onnx/dim.js';
import type { TensorOps } from '../tensor-ops.js';
import { numberOf, type Expression } from './expression.js';

type Ops = TensorOps<Expression>;
type Pair = readonly [Expression, Expression];

/*
 * Each function returns a cheaper expression of the same value, or undefined if it knows none. They
 * remove leftovers of differentiation: factors of one, transposes of transposes, broadcasts that
 * the next operation would do anyway.
 */

export function simplerAdd(ops: Ops, [a, b]: Pair, shape: Shape): Expression | undefined {
  if (numberOf(a) === 0 && sameShape(b.shape, shape)) return b;
  if (numberOf(b) === 0 && sameShape(a.shape, shape)) return a;
  if (a === b) return ops.mul(a, ops.constant(2));
  return folded(ops, [a, b], shape, (x, y) => x + y);
}

export function simplerSub(ops: Ops, [a, b]: Pair, shape: Shape): Expression | undefined {
  if (numberOf(b) === 0 && sameShape(a.shape, shape)) return a;
  return folded(ops, [a, b], shape, (x, y) => x - y);
}

export function simplerMul(ops: Ops, [a, b]: Pair, shape: Shape): Expression | undefined {
  return (
    folded(ops, [a, b], shape, (x, y) => x * y) ??
    scaled(ops, a, b, shape) ??
    scaled(ops, b, a, shape)
  );
}

/**
 * `x · factor` for a constant factor: just x for a factor of 1; constant factors are merged; and if
 * x is a product with a smaller operand that is broadcast, the factor is applied to that.
 */
function scaled(ops: Ops, x: Expression, scale: Expression, shape: Shape): Expression | undefined {
  const factor = numberOf(scale);
  if (factor === undefined || !sameShape(x.shape, shape)) return undefined;
  if (factor === 1) return x;
  const inner = unscaled(x);
  if (inner.value !== x) return ops.mul(inner.value, ops.constant(inner.scale * factor));
  if (x.op !== 'mul') return undefined;
  const [a, b] = x.inputs;
  if (!sameShape(a.shape, shape)) return ops.mul(ops.mul(a, scale), b);
  return sameShape(b.shape, shape) ? undefined : ops.mul(a, ops.mul(b, scale));
}

/** Turns division by a number into a product, which merges with other constant factors. */
export function simplerDiv(ops: Ops, [a, b]: Pair, shape: Shape): Expression | undefined {
  const divisor = numberOf(b);
  if (divisor === undefined || divisor === 0 || !sameShape(a.shape, shape)) return undefined;
  return ops.mul(a, ops.constant(1 / divisor));
}

function folded(
  ops: Ops,
  [a, b]: Pair,
  shape: Shape,
  compute: (x: number, y: number) => number,
): Expression | undefined {
  if (shape.length > 0) return undefined;
  const [x, y] = [numberOf(a), numberOf(b)];
  return x === undefined || y === undefined ? undefined : ops.constant(compute(x, y));
}

/** The operands of an element-wise operation, without broadcasts that it does itself. */
export function withoutBroadcasts([a, b]: Pair, shape: Shape): Pair {
  const unwrap = (x: Expression, other: Expression): Expression => {
    if (x.op !== 'broadcastTo') return x;
    const joined = broadcastShapes(x.inputs[0].shape, other.shape);
    return joined !== undefined && sameShape(joined, shape) ? x.inputs[0] : x;
  };
  const first = unwrap(a, b);
  return [first, unwrap(b, first)];
}

/**
 * Gives a number the rank of the result if that ends in an axis of size 1, as means and norms do:
 * there onnxruntime broadcasts a scalar element by element, ten times as slowly as with equal
 * ranks.
 */
export function withFullRank(ops: Ops, [a, b]: Pair, shape: Shape): Pair {
  if (shape.at(-1) !== 1) return [a, b];
  const ones = new Array<number>(shape.length).fill(1);
  const expand = (x: Expression): Expression => {
    const number = numberOf(x);
    return number === undefined ? x : ops.constant([number], ones);
  };
  return [expand(a), expand(b)];
}

/** x as `value · scale`, with scale 1 unless it is a product with a number. */
export function unscaled(x: Expression): { readonly value: Expression; readonly scale: number } {
  if (x.op === 'mul') {
    for (const [value, factor] of [x.inputs, [x.inputs[1], x.inputs[0]] as const]) {
      const scale = numberOf(factor);
      if (scale !== undefined && sameShape(value.shape, x.shape)) return { value, scale };
    }
  }
  return { value: x, scale: 1 };
}

/** Turns sums over axes of size 1 into reshapes, and applies constant factors after the sum. */
export function simplerSum(
  ops: Ops,
  x: Expression,
  axes: readonly number[],
  keepDims: boolean,
  shape: Shape,
): Expression | undefined {
  if (axes.every((axis) => x.shape[axis] === 1)) return ops.reshape(x, shape);
  const { value, scale } = unscaled(x);
  return scale === 1 ? undefined : ops.mul(ops.sum(value, axes, keepDims), ops.constant(scale));
}

/** `(a b)ᵀ = bᵀ aᵀ` if that cancels a transpose; merges nested transposes. */
export function simplerTranspose(
  ops: Ops,
  x: Expression,
  permutation: readonly number[],
): Expression | undefined {
  if (permutation.every((axis, index) => axis === index)) return x;
  if (x.op === 'transpose') {
    const { permutation: first } = x.attributes;
    return ops.transpose(
      x.inputs[0],
      permutation.map((axis) => first[axis] ?? axis),
    );
  }
  if (x.op === 'matMul' && isMatrixTranspose(permutation) && x.inputs.some(isTransposedMatrix)) {
    const [a, b] = x.inputs;
    return ops.matMul(transposedMatrix(ops, b), transposedMatrix(ops, a));
  }
  return undefined;
}

/** Swaps the last two axes. */
export function transposedMatrix(ops: Ops, x: Expression): Expression {
  return ops.transpose(x, matrixTranspose(x.shape.length));
}

function matrixTranspose(rank: number): readonly number[] {
  return [...Array(rank - 2).keys(), rank - 1, rank - 2];
}

function isTransposedMatrix(x: Expression): boolean {
  return x.op === 'transpose' && isMatrixTranspose(x.attributes.permutation);
}

function isMatrixTranspose(permutation: readonly number[]): boolean {
  return sameShape(permutation, matrixTranspose(permutation.length));
}

export function simplerReshape(ops: Ops, x: Expression, shape: Shape): Expression | undefined {
  if (sameShape(x.shape, shape)) return x;
  return x.op === 'reshape' ? ops.reshape(x.inputs[0], shape) : undefined;
}

export function simplerBroadcast(ops: Ops, x: Expression, shape: Shape): Expression | undefined {
  if (sameShape(x.shape, shape)) return x;
  return x.op === 'broadcastTo' ? ops.broadcastTo(x.inputs[0], shape) : undefined;
}

/** Whether a slice covers the whole axis. */
export function isWhole(x: Expression, axis: number, start: Dim, size: Dim): boolean {
  return start === 0 && size === x.shape[axis];
}
