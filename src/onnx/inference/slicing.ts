import { differenceOfDims, formatShape, type Dim } from '../dim.js';
import { shapeValue, type ValueFacts } from './facts.js';
import type { NodeReader } from './node-reader.js';
import type { OperatorTable } from './operator.js';

/**
 * The position of a bound of `Slice` on an axis of size `whole`: beyond the end means the end,
 * negative counts from the end.
 *
 * A symbolic bound, or a number on a symbolic axis, is assumed to lie inside: a graph that takes
 * `h1` rows from a table of 64 assumes h1 ≤ 64, and larger sizes fail at run time.
 */
function position(bound: Dim, whole: Dim): Dim {
  if (typeof bound === 'string') return bound;
  if (bound >= Number.MAX_SAFE_INTEGER) return whole;
  if (bound < 0) return differenceOfDims(whole, -bound);
  return typeof whole === 'number' ? Math.min(bound, whole) : bound;
}

function slice(node: NodeReader): ValueFacts {
  const input = node.input(0);
  const { type, shape } = input;
  const starts = node.elements(1);
  const ends = node.elements(2);
  const axes = node.optionalInput(3) === undefined ? [...starts.keys()] : [...node.integers(3)];
  const steps = node.optionalInput(4) === undefined ? [] : node.integers(4);
  if (steps.some((step) => step !== 1)) node.fail(`expected steps of 1, got [${steps.join(', ')}]`);
  const result = [...shape];
  let elements = input.elements;
  for (const [index, axis] of [...node.axes(axes, shape.length)].entries()) {
    const whole = node.dim(shape, axis);
    const start = position(node.dim(starts, index), whole);
    const end = position(node.dim(ends, index), whole);
    const size = differenceOfDims(end, start);
    if (typeof size === 'number' && size < 0) {
      return node.fail(
        `expected a start before the end, got ${start} to ${end} of ${formatShape(shape)}`,
      );
    }
    result[axis] = size;
    elements =
      typeof start === 'number' && typeof end === 'number'
        ? elements?.slice(start, end)
        : undefined;
  }
  return type === 'int64' && result.length === 1
    ? shapeValue(result, elements)
    : { type, shape: result };
}

/** Operators that cut parts out of values and shapes. */
export const SLICING: OperatorTable = {
  Slice: { inputs: [3, 5], infer: slice },
  Shape: {
    inputs: [1, 1],
    attributes: { start: 'int', end: 'int' },
    infer: (node) => {
      const { shape } = node.input(0);
      const start = node.int('start', 0);
      const end = node.int('end', shape.length);
      if (node.opset < 15 && (start !== 0 || end !== shape.length)) {
        node.fail(`start and end need operator set 15 or later, got ${node.opset}`);
      }
      const elements = shape.slice(start, end);
      return shapeValue([elements.length], elements);
    },
  },
};
