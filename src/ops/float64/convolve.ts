import type { ReferenceTensor } from '../reference/tensor.js';
import type { ConcreteShape } from '../shape-rules.js';
import { affine } from './affine.js';

/** Numbers under windows at once: few enough to stay in cache. */
const BLOCK = 65_536;

/**
 * A convolution with a bias, without leading axes: every window of an image as a row, times the
 * filters, with the bits of one sum at a time, `((b + w_0 x_0) + w_1 x_1) + …`.
 *
 * @param x - [n, c, h, w]
 * @param filters - [o, c, k, l]
 * @param bias - [o]
 * @param shape - of the result, [n, o, h', w']
 */
export function convolve(
  x: ReferenceTensor,
  filters: ReferenceTensor,
  bias: Float64Array,
  [n = 0, outputs = 1, rows = 1, columns = 1]: ConcreteShape,
): Float64Array {
  const places = rows * columns;
  const numbers = filters.data.length / outputs;
  const weight = transposed(filters.data, outputs, numbers);
  const result = new Float64Array(n * outputs * places);
  const most = Math.max(1, Math.floor(BLOCK / (places * numbers)));
  const patches = new Float64Array(Math.min(n, most) * places * numbers);
  const products = new Float64Array(Math.min(n, most) * places * outputs);
  for (let start = 0; start < n; start += most) {
    const count = Math.min(most, n - start);
    fillPatches(patches, x, filters.shape, [start, count, rows, columns]);
    const block = products.subarray(0, count * places * outputs);
    affine(patches.subarray(0, count * places * numbers), weight, bias, count * places, block);
    for (let image = 0; image < count; image++) {
      const from = image * places * outputs;
      const to = (start + image) * places * outputs;
      for (let o = 0; o < outputs; o++) {
        for (let p = 0; p < places; p++) {
          result[to + o * places + p] = block[from + p * outputs + o] as number;
        }
      }
    }
  }
  return result;
}

/** The elements under every window of some images, [count · h' · w', c · k · l]. */
function fillPatches(
  patches: Float64Array,
  { shape: [, channels = 1, height = 1, width = 1], data: images }: ReferenceTensor,
  [, , k = 1, l = 1]: ConcreteShape,
  [start, count, rows, columns]: readonly [number, number, number, number],
): void {
  let to = 0;
  for (let image = start; image < start + count; image++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        for (let channel = 0; channel < channels; channel++) {
          let from = ((image * channels + channel) * height + i) * width + j;
          for (let u = 0; u < k; u++, from += width) {
            for (let v = 0; v < l; v++) patches[to++] = images[from + v] as number;
          }
        }
      }
    }
  }
}

/** [rows, columns] → [columns, rows] */
function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      result[j * rows + i] = matrix[i * columns + j] as number;
    }
  }
  return result;
}
