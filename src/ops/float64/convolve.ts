import type { ReferenceTensor } from '../reference/tensor.js';
import type { ConcreteShape } from '../shape-rules.js';
import { ConvolutionKernel } from './convolution-kernel.js';
import { plainConvolution } from './plain-convolution.js';

/** Undefined until needed, null if WebAssembly or its SIMD is missing. */
let kernel: ConvolutionKernel | null | undefined;

/**
 * A convolution with a bias, without leading axes, in float64: `((b + w_0 x_0) + w_1 x_1) + …` over
 * the numbers of a filter, in this order and with each step rounded.
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
  shape: ConcreteShape,
): Float64Array {
  const [images = 0, channels = 1, height = 1, width = 1] = x.shape;
  const [outputs = 1, , k = 1, l = 1] = filters.shape;
  const sizes = { images, channels, height, width, k, l };
  const result = new Float64Array(shape.reduce((product, side) => product * side, 1));
  if (result.length === 0) return result;
  const weight = transposed(filters.data, outputs);
  if (kernel === undefined) kernel = openKernel();
  if (kernel?.convolve(x.data, weight, bias, result, sizes) !== true) {
    plainConvolution(x.data, weight, bias, result, sizes);
  }
  return result;
}

function openKernel(): ConvolutionKernel | null {
  try {
    return new ConvolutionKernel();
  } catch {
    return null;
  }
}

/** [rows, columns] → [columns, rows] */
function transposed(matrix: Float64Array, rows: number): Float64Array {
  const columns = matrix.length / rows;
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      result[j * rows + i] = matrix[i * columns + j] as number;
    }
  }
  return result;
}
