import type { Dim } from '../../../src/onnx/dim.js';
import type { Primitive } from '../../../src/ops/tensor-ops.js';
import { caseOf, operand, sample, type Case, type Expected } from './case.js';

/** 1 … 6 as [2, 3]. */
const table = sample([1, 2, 3, 4, 5, 6], [2, 3]);
/** 0 … 23 as [2, 3, 4]. */
const cube = sample(
  Array.from({ length: 24 }, (_, i) => i),
  [2, 3, 4],
);

export const LAYOUT_CASES = {
  transpose: [
    caseOf('of a matrix', [table], (ops, inputs) => ops.transpose(operand(inputs, 0), [1, 0]), {
      shape: [3, 2],
      values: [1, 4, 2, 5, 3, 6],
    }),
    caseOf('by the identity', [table], (ops, inputs) => ops.transpose(operand(inputs, 0), [0, 1]), {
      shape: [2, 3],
      values: [1, 2, 3, 4, 5, 6],
    }),
    caseOf(
      'cyclic, rank 3',
      [cube],
      (ops, inputs) => ops.transpose(operand(inputs, 0), [2, 0, 1]),
      {
        shape: [4, 2, 3],
        values: [
          0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23,
        ],
      },
    ),
    caseOf(
      'of the heads of an attention, rank 4',
      [sample([...cube.data], [2, 3, 2, 2])],
      (ops, inputs) => ops.transpose(operand(inputs, 0), [0, 2, 1, 3]),
      {
        shape: [2, 2, 3, 2],
        values: [
          0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11, 12, 13, 16, 17, 20, 21, 14, 15, 18, 19, 22, 23,
        ],
      },
    ),
  ],
  reshape: [
    reshape([3, 2]),
    reshape([6]),
    reshape([1, 2, 1, 3]),
    reshape([2, 3]),
    caseOf(
      'of one element to a scalar',
      [sample([7], [1, 1])],
      (ops, inputs) => ops.reshape(operand(inputs, 0), []),
      { shape: [], values: [7] },
    ),
  ],
  broadcastTo: [
    caseOf(
      'of a scalar',
      [sample([2], [])],
      (ops, inputs) => ops.broadcastTo(operand(inputs, 0), [2, 2]),
      { shape: [2, 2], values: [2, 2, 2, 2] },
    ),
    caseOf(
      'of a row',
      [sample([1, 2, 3], [3])],
      (ops, inputs) => ops.broadcastTo(operand(inputs, 0), [2, 3]),
      { shape: [2, 3], values: [1, 2, 3, 1, 2, 3] },
    ),
    caseOf(
      'of an inner axis, rank 5',
      [sample([1, 2, 3, 4], [1, 2, 1, 2])],
      (ops, inputs) => ops.broadcastTo(operand(inputs, 0), [1, 2, 2, 2, 2]),
      { shape: [1, 2, 2, 2, 2], values: [1, 2, 1, 2, 3, 4, 3, 4, 1, 2, 1, 2, 3, 4, 3, 4] },
    ),
    caseOf(
      'to the same shape',
      [table],
      (ops, inputs) => ops.broadcastTo(operand(inputs, 0), [2, 3]),
      { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] },
    ),
  ],
  concat: [
    caseOf(
      'along rows',
      [table, sample([7, 8, 9], [1, 3])],
      (ops, inputs) => ops.concat(inputs, 0),
      {
        shape: [3, 3],
        values: [1, 2, 3, 4, 5, 6, 7, 8, 9],
      },
    ),
    caseOf(
      'of three along columns',
      [table, sample([7, 8], [2, 1]), sample([9, 10, 11, 12], [2, 2])],
      (ops, inputs) => ops.concat(inputs, 1),
      { shape: [2, 6], values: [1, 2, 3, 7, 9, 10, 4, 5, 6, 8, 11, 12] },
    ),
    caseOf(
      'along an inner axis',
      [sample([1, 2, 3, 4], [2, 1, 2]), sample([5, 6, 7, 8], [2, 1, 2])],
      (ops, inputs) => ops.concat(inputs, 1),
      { shape: [2, 2, 2], values: [1, 2, 5, 6, 3, 4, 7, 8] },
    ),
    caseOf('of one', [table], (ops, inputs) => ops.concat(inputs, 1), {
      shape: [2, 3],
      values: [1, 2, 3, 4, 5, 6],
    }),
    caseOf(
      'of a tensor with itself',
      [sample([1, 2], [2])],
      (ops, inputs) => ops.concat([operand(inputs, 0), operand(inputs, 0)], 0),
      { shape: [4], values: [1, 2, 1, 2] },
    ),
  ],
  slice: [
    slice(0, 1, 1, { shape: [1, 3], values: [4, 5, 6] }),
    slice(1, 0, 2, { shape: [2, 2], values: [1, 2, 4, 5] }),
    slice(1, 1, 2, { shape: [2, 2], values: [2, 3, 5, 6] }),
    slice(1, 0, 3, { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }),
    caseOf(
      'of the middle of rank 3',
      [cube],
      (ops, inputs) => ops.slice(operand(inputs, 0), 1, 1, 1),
      { shape: [2, 1, 4], values: [4, 5, 6, 7, 16, 17, 18, 19] },
    ),
  ],
  pad: [
    pad(0, 1, 0, { shape: [3, 3], values: [0, 0, 0, 1, 2, 3, 4, 5, 6] }),
    pad(1, 1, 2, { shape: [2, 6], values: [0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0] }),
    pad(1, 0, 0, { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }),
    caseOf(
      'in the middle of rank 3',
      [sample([1, 2, 3, 4], [2, 1, 2])],
      (ops, inputs) => ops.pad(operand(inputs, 0), 1, 0, 1),
      { shape: [2, 2, 2], values: [1, 2, 0, 0, 3, 4, 0, 0] },
    ),
  ],
} as const satisfies Partial<Record<Primitive, readonly Case[]>>;

function reshape(shape: readonly number[]): Case {
  return caseOf(
    `to [${shape.join(', ')}]`,
    [table],
    (ops, inputs) => ops.reshape(operand(inputs, 0), shape),
    { shape, values: [1, 2, 3, 4, 5, 6] },
  );
}

function slice(axis: number, start: Dim, size: Dim, expected: Expected): Case {
  return caseOf(
    `${size} from ${start} along axis ${axis}`,
    [table],
    (ops, inputs) => ops.slice(operand(inputs, 0), axis, start, size),
    expected,
  );
}

function pad(axis: number, before: Dim, after: Dim, expected: Expected): Case {
  return caseOf(
    `${before} before and ${after} after axis ${axis}`,
    [table],
    (ops, inputs) => ops.pad(operand(inputs, 0), axis, before, after),
    expected,
  );
}
