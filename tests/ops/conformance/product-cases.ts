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
  conv2d: [
    caseOf(
      'of one image by hand',
      [sample([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]), sample([1, 0, 2, -1], [1, 1, 2, 2])],
      (ops, inputs) => ops.conv2d(operand(inputs, 0), operand(inputs, 1)),
      { shape: [1, 1, 2, 2], values: [4, 6, 10, 12] },
    ),
    convolved('of images with channels', [2, 3, 5, 4], [4, 3, 2, 3]),
    convolved('with filters of one number', [2, 3, 2, 2], [4, 3, 1, 1]),
    convolved('with filters as large as the images', [2, 3, 4, 2], [2, 3, 4, 2]),
    convolved('of networks side by side', [2, 3, 2, 4, 4], [2, 5, 2, 3, 2]),
    convolved('of the same images for several networks', [3, 2, 4, 4], [2, 5, 2, 3, 2]),
    convolved('of several images for the same filters', [2, 3, 2, 4, 4], [5, 2, 3, 2]),
    convolved('of images that broadcast', [2, 1, 3, 2, 4, 4], [3, 5, 2, 3, 2]),
  ],
  maxPool: [
    caseOf(
      'of tiles',
      [sample([1, 2, 5, 6, 3, 4, 8, 7], [1, 1, 2, 4])],
      (ops, inputs) => ops.maxPool(operand(inputs, 0), 2),
      { shape: [1, 1, 1, 2], values: [4, 8] },
    ),
    caseOf(
      'of negative numbers, with a remainder',
      [sample([-1, -2, 9, -3, -4, 9, 9, 9, 9], [3, 3])],
      (ops, inputs) => ops.maxPool(operand(inputs, 0), 2),
      { shape: [1, 1], values: [-1] },
    ),
    caseOf(
      'of networks side by side',
      [sample([1, 2, 3, 4, 8, 7, 6, 5], [2, 1, 1, 2, 2])],
      (ops, inputs) => ops.maxPool(operand(inputs, 0), 2),
      { shape: [2, 1, 1, 1, 1], values: [4, 8] },
    ),
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

/** Expected values by the definition, one window at a time. */
function convolved(title: string, images: readonly number[], filters: readonly number[]): Case {
  const x = ramp(images, 0.2, 0.01);
  const f = ramp(filters, -0.5, 0.02);
  const [n = 1, c = 1, h = 1, w = 1] = images.slice(-4);
  const [o = 1, , k = 1, l = 1] = filters.slice(-4);
  const longer = images.length >= filters.length ? images : filters;
  const lead = longer.slice(0, -4).map((_, axis, all) => {
    const of = (shape: readonly number[]): number =>
      shape.slice(0, -4)[axis - all.length + shape.length - 4] ?? 1;
    return Math.max(of(images), of(filters));
  });
  const shape = [...lead, n, o, h - k + 1, w - l + 1];
  const values: number[] = [];
  for (let index = 0; index < lead.reduce((a, b) => a * b, 1); index++) {
    const [image, filter] = [x, f].map((own) =>
      broadcastIndex(own.shape.slice(0, -4), lead, index),
    );
    for (let row = 0; row < n * o * (h - k + 1) * (w - l + 1); row++) {
      const j = row % (w - l + 1);
      const i = Math.floor(row / (w - l + 1)) % (h - k + 1);
      const out = Math.floor(row / ((w - l + 1) * (h - k + 1))) % o;
      const at = Math.floor(row / ((w - l + 1) * (h - k + 1) * o));
      let sum = 0;
      for (let channel = 0; channel < c; channel++) {
        for (let u = 0; u < k; u++) {
          for (let v = 0; v < l; v++) {
            const pixel = (((image! * n + at) * c + channel) * h + i + u) * w + j + v;
            const weight = (((filter! * o + out) * c + channel) * k + u) * l + v;
            sum += x.data[pixel]! * f.data[weight]!;
          }
        }
      }
      values.push(sum);
    }
  }
  return caseOf(
    title,
    [x, f],
    (ops, inputs) => ops.conv2d(operand(inputs, 0), operand(inputs, 1)),
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
  const matrix = broadcastIndex(shape.slice(0, -2), batch, index);
  return data[(matrix * rows + i) * columns + j] ?? NaN;
}

/** The entry of a block of shape `own` that broadcasting pairs with entry `index` of `batch`. */
function broadcastIndex(own: readonly number[], batch: readonly number[], index: number): number {
  let entry = 0;
  let stride = 1;
  let rest = index;
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    const dim = batch[axis] ?? 1;
    const ownDim = own[axis - batch.length + own.length] ?? 1;
    entry += ownDim === 1 ? 0 : (rest % dim) * stride;
    stride *= ownDim;
    rest = Math.floor(rest / dim);
  }
  return entry;
}
