import type { Primitive, TensorOps } from '../../../src/ops/tensor-ops.js';
import { caseOf, operand, ramp, sample, type Case } from './case.js';

/** 0 … 23 as [2, 3, 4]. */
const cube = sample(
  Array.from({ length: 24 }, (_, i) => i),
  [2, 3, 4],
);

export const REDUCTION_CASES = {
  sum: [
    reduction('sum', undefined, false, [], [276]),
    reduction('sum', undefined, true, [1, 1, 1], [276]),
    reduction('sum', [2], false, [2, 3], [6, 22, 38, 54, 70, 86]),
    reduction('sum', [1], true, [2, 1, 4], [12, 15, 18, 21, 48, 51, 54, 57]),
    reduction('sum', [0, 2], false, [3], [60, 92, 124]),
    reduction('sum', [2, 0], false, [3], [60, 92, 124]),
    reduction('sum', [], false, [2, 3, 4], [...cube.data]),
    caseOf('of a scalar', [sample([3], [])], (ops, inputs) => ops.sum(operand(inputs, 0)), {
      shape: [],
      values: [3],
    }),
  ],
  mean: [
    reduction('mean', undefined, false, [], [11.5]),
    reduction('mean', undefined, true, [1, 1, 1], [11.5]),
    reduction('mean', [2], false, [2, 3], [1.5, 5.5, 9.5, 13.5, 17.5, 21.5]),
    reduction('mean', [0], true, [1, 3, 4], [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]),
    reduction('mean', [0, 1], false, [4], [10, 11, 12, 13]),
    reduction('mean', [], true, [2, 3, 4], [...cube.data]),
  ],
  max: [
    reduction('max', undefined, false, [], [23]),
    reduction('max', [2], false, [2, 3], [3, 7, 11, 15, 19, 23]),
    reduction('max', [1], true, [2, 1, 4], [8, 9, 10, 11, 20, 21, 22, 23]),
    reduction('max', [0, 2], false, [3], [15, 19, 23]),
    reduction('max', [], false, [2, 3, 4], [...cube.data]),
    caseOf(
      'of negative values',
      [sample([-3, -1, -2, -7, -7, -9], [2, 3])],
      (ops, inputs) => ops.max(operand(inputs, 0), [1]),
      { shape: [2], values: [-1, -7] },
    ),
  ],
  count: [count([], 1), count([1], 3), count([0, 2], 8), count([0, 1, 2], 24)],
  softmax: [
    overRows(
      'softmax',
      [0, 2, -20, -20],
      [2, 2],
      [1 / (1 + Math.E ** 2), 1 / (1 + Math.E ** -2), 0.5, 0.5],
    ),
    overRows('softmax', [1000, 0, -1000, -1000], [1, 2, 2], [1, 0, 0.5, 0.5]),
    overRows('softmax', [5, -7], [2, 1], [1, 1]),
    smoothRows('softmax', (value, logSum) => Math.exp(value - logSum)),
  ],
  logSoftmax: [
    overRows('logSoftmax', [0, 1000], [2], [-1000, 0]),
    overRows('logSoftmax', [-1000, -1000], [1, 1, 2], [-Math.LN2, -Math.LN2]),
    smoothRows('logSoftmax', (value, logSum) => value - logSum),
  ],
  layerNorm: [
    normalised([1, 3], [2], 0, [-1, 1]),
    normalised([1, 3, -5, -5], [2, 2], 3, [-0.5, 0.5, 0, 0]),
    normalised([1001, 1003], [1, 1, 2], 0.21, [-1 / 1.1, 1 / 1.1]),
    normalised([0, 0, 0, 0, 5], [5], 0, [-0.5, -0.5, -0.5, -0.5, 2]),
    normalised([7], [1], 1e-5, [0]),
  ],
} as const satisfies Partial<Record<Primitive, readonly Case[]>>;

function reduction(
  name: 'sum' | 'mean' | 'max',
  axes: readonly number[] | undefined,
  keepDims: boolean,
  shape: readonly number[],
  values: readonly number[],
): Case {
  const title = `over ${axes === undefined ? 'all axes' : `[${axes.join(', ')}]`}${keepDims ? ', kept' : ''}`;
  const compute = <T>(ops: TensorOps<T>, inputs: readonly T[]): T =>
    ops[name](operand(inputs, 0), axes, keepDims);
  return caseOf(title, [cube], compute, { shape, values });
}

function count(axes: readonly number[], value: number): Case {
  return caseOf(
    `over [${axes.join(', ')}]`,
    [cube],
    (ops, inputs) => ops.count(operand(inputs, 0), axes),
    { shape: [], values: [value] },
  );
}

type RowWise = 'softmax' | 'logSoftmax';

function overRows(
  name: RowWise,
  values: readonly number[],
  shape: readonly number[],
  expected: readonly number[],
): Case {
  const compute = <T>(ops: TensorOps<T>, inputs: readonly T[]): T => ops[name](operand(inputs, 0));
  const title = `of ${values.join(' ')} as [${shape.join(', ')}]`;
  return caseOf(title, [sample(values, shape)], compute, { shape, values: expected });
}

function normalised(
  values: readonly number[],
  shape: readonly number[],
  epsilon: number,
  expected: readonly number[],
): Case {
  return caseOf(
    `of ${values.join(' ')} as [${shape.join(', ')}], ε ${epsilon}`,
    [sample(values, shape)],
    (ops, inputs) => ops.layerNorm(operand(inputs, 0), epsilon),
    { shape, values: expected },
  );
}

/** The definition, row by row, on moderate values. */
function smoothRows(name: RowWise, f: (value: number, logSum: number) => number): Case {
  const input = ramp([2, 3, 4], 0.2, 0.05);
  const values = Array.from({ length: 6 }, (_, row) => {
    const logits = [...input.data.subarray(row * 4, (row + 1) * 4)];
    const logSum = Math.log(logits.reduce((total, value) => total + Math.exp(value), 0));
    return logits.map((value) => f(value, logSum));
  }).flat();
  const compute = <T>(ops: TensorOps<T>, inputs: readonly T[]): T => ops[name](operand(inputs, 0));
  return caseOf('of [2, 3, 4]', [input], compute, { shape: [2, 3, 4], values });
}
