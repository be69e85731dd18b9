import type { Primitive } from '../../../src/ops/tensor-ops.js';
import { caseOf, operand, ramp, sample, type Case, type Sample } from './case.js';

export const PRODUCT_CASES = {
  constant: [
    caseOf('number', [], (ops) => ops.constant(2.5), { shape: [], values: [2.5] }),
    caseOf('vector', [], (ops) => ops.constant([1, 2, 3]), { shape: [3], values: [1, 2, 3] }),
    caseOf('typed matrix', [], (ops) => ops.constant(Float64Array.of(1, 2, 3, 4), [2, 2]), {
      shape: [2, 2],
      values: [1, 2, 3, 4],
    }),
    caseOf('number with a shape', [], (ops) => ops.constant(4, [1, 1]), {
      shape: [1, 1],
      values: [4],
    }),
  ],
  matMul: [
    caseOf(
      'of matrices',
      [sample([1, 2, 3, 4, 5, 6], [2, 3]), sample([1, 0, 2, -1, 0, 3], [3, 2])],
      (ops, inputs) => ops.matMul(operand(inputs, 0), operand(inputs, 1)),
      { shape: [2, 2], values: [5, 7, 14, 13] },
    ),
    caseOf(
      'of two batches',
      [sample([1, 2, 3, 4], [2, 1, 2]), sample([5, 6, 7, 8], [2, 2, 1])],
      (ops, inputs) => ops.matMul(operand(inputs, 0), operand(inputs, 1)),
      { shape: [2, 1, 1], values: [17, 53] },
    ),
    product('a batch with one matrix', [2, 3, 4], [4, 2], [2, 3, 2]),
    product('a batch with one matrix that has a batch axis', [2, 3, 4], [1, 4, 2], [2, 3, 2]),
    product('a rank-4 batch with one matrix', [2, 2, 3, 2], [2, 3], [2, 2, 3, 3]),
    product('one matrix with a batch', [3, 2], [2, 2, 3], [2, 3, 3]),
    product('heads', [2, 2, 3, 2], [2, 2, 2, 3], [2, 2, 3, 3]),
    product('batches that broadcast both ways', [2, 1, 1, 2], [3, 2, 2], [2, 3, 1, 2]),
    product('outer, with inner size 1', [3, 1], [1, 4], [3, 4]),
  ],
} as const satisfies Partial<Record<Primitive, readonly Case[]>>;

/** Expected values by the definition, one dot product at a time. */
function product(
  title: string,
  left: readonly number[],
  right: readonly number[],
  shape: readonly number[],
): Case {
  const a = ramp(left, 0.2, 0.1);
  const b = ramp(right, -0.5, 0.15);
  const [m = 1, n = 1] = shape.slice(-2);
  const inner = left.at(-1) ?? 1;
  const batch = shape.slice(0, -2);
  const values: number[] = [];
  for (let index = 0; index < batch.reduce((x, y) => x * y, 1); index++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          sum += matrixElement(a, batch, index, i, k) * matrixElement(b, batch, index, k, j);
        }
        values.push(sum);
      }
    }
  }
  return caseOf(
    title,
    [a, b],
    (ops, inputs) => ops.matMul(operand(inputs, 0), operand(inputs, 1)),
    { shape, values },
  );
}

/** Element (i, j) of the matrix that broadcasting pairs with the `index`-th batch entry. */
function matrixElement(
  { shape, data }: Sample,
  batch: readonly number[],
  index: number,
  i: number,
  j: number,
): number {
  const [rows = 1, columns = 1] = shape.slice(-2);
  const own = shape.slice(0, -2);
  let matrix = 0;
  let stride = 1;
  let rest = index;
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const dim = batch[axis] ?? 1;
    const ownDim = own[axis - batch.length + own.length] ?? 1;
    matrix += ownDim === 1 ? 0 : (rest % dim) * stride;
    stride *= ownDim;
    rest = Math.floor(rest / dim);
  }
  return data[(matrix * rows + i) * columns + j] ?? NaN;
}
