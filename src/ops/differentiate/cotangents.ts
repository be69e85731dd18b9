import { ensure } from '../../errors.js';
import { addDims, type Dim, type Shape } from '../../onnx/dim.js';
import type { TensorOps } from '../tensor-ops.js';
import { factored } from './common-factor.js';
import type { Expression, ExpressionNode } from '../trace/expression.js';
import { dimAt } from '../symbolic-shapes.js';

type Ops = TensorOps<Expression>;

/** Sums a cotangent over the axes along which a value of `shape` was broadcast. */
export function reduceTo(ops: Ops, cotangent: Expression, shape: Shape): Expression {
  const lead = cotangent.shape.length - shape.length;
  const axes = [...cotangent.shape.keys()].filter(
    (axis) => axis < lead || cotangent.shape[axis] !== shape[axis - lead],
  );
  if (axes.length === 0) return cotangent;
  const keepDims = axes.some((axis) => axis >= lead);
  return ops.reshape(sumOver(ops, cotangent, axes, keepDims), shape);
}

/**
 * Sums the batch axis last: summing many short rows at once ([64, 32, 32, 32] to [32]) takes
 * onnxruntime ten times as long as summing those of each batch element first.
 */
function sumOver(ops: Ops, x: Expression, axes: readonly number[], keepDims: boolean): Expression {
  const inner = axes.filter((axis) => axis > 0);
  return x.shape.length > 3 && inner.length > 0 && inner.length < axes.length
    ? ops.sum(ops.sum(x, inner, keepDims), [0], keepDims)
    : ops.sum(x, axes, keepDims);
}

/** The sum of the contributions to one cotangent, as a balanced tree. */
export function sumOf(ops: Ops, contributions: readonly Expression[]): Expression {
  const separate = joinSlices(ops, contributions);
  let terms = factored(ops, separate, (parts) => sumOf(ops, parts));
  while (terms.length > 1) {
    terms = chunksOfTwo(terms).map(([a, b]) => (b === undefined ? a : ops.add(a, b)));
  }
  const [sum] = terms;
  ensure(sum !== undefined, 'internal', () => 'a sum of cotangents needs at least one');
  return sum;
}

function chunksOfTwo<T>(list: readonly T[]): readonly (readonly [T, T | undefined])[] {
  return list.flatMap((item, index) => (index % 2 === 0 ? [[item, list[index + 1]] as const] : []));
}

/** Contributions to adjacent ranges of one axis, each padded with zeros to full size. */
interface Run {
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
  readonly after: Dim;
  readonly parts: readonly Expression[];
}

/**
 * Concatenates the contributions of adjacent slices: the cotangent of a value that is only split is
 * one copy instead of a sum.
 */
function joinSlices(ops: Ops, contributions: readonly Expression[]): readonly Expression[] {
  const runs: Run[] = [];
  for (const part of contributions) {
    if (part.op !== 'pad') continue;
    let run = runOf(part);
    for (;;) {
      const at = runs.findIndex(
        ({ axis, start, end }) => axis === run.axis && (end === run.start || start === run.end),
      );
      const [neighbour] = at < 0 ? [] : runs.splice(at, 1);
      if (neighbour === undefined) break;
      run = neighbour.end === run.start ? joined(neighbour, run) : joined(run, neighbour);
    }
    runs.push(run);
  }
  return [
    ...contributions.filter(({ op }) => op !== 'pad'),
    ...runs.map(({ axis, start, after, parts }) =>
      ops.pad(ops.concat(parts, axis), axis, start, after),
    ),
  ];
}

function runOf({ inputs: [x], attributes: { axis, before, after } }: ExpressionNode<'pad'>): Run {
  const end = addDims(before, dimAt('pad', x.shape, axis));
  return { axis, start: before, end, after, parts: [x] };
}

function joined(first: Run, second: Run): Run {
  const { axis, start } = first;
  const { end, after } = second;
  return { axis, start, end, after, parts: [...first.parts, ...second.parts] };
}
