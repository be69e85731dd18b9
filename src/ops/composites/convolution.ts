import { multiplyDims } from '../../onnx/dim.js';
import type { TensorOps } from '../tensor-ops.js';
import { unfold, type Windows } from './windows.js';

export interface ConvolutionOptions extends Windows {
  /** Zeros on each side of an image. */
  readonly padding: number;
}

/**
 * A convolution of images, as machine learning uses the word (the kernel is not flipped):
 * `y[o, i, j] = b[o] + Σ_{c, u, v} W[c, u, v, o] x[c, i·stride + u, j·stride + v]`.
 *
 * @param x - [..., N, c, h, w]
 * @param weight - W as a matrix, [c·size², o], or a stack, [M, c·size², o]
 * @param bias - [o], or [M, 1, o]
 * @returns [..., N, o, h', w']
 */
export function convolution<T>(
  ops: TensorOps<T>,
  x: T,
  weight: T,
  bias: T,
  { padding, ...windows }: ConvolutionOptions,
): T {
  const rank = ops.shape(x).length;
  const padded = [rank - 2, rank - 1].reduce(
    (image, axis) => ops.pad(image, axis, padding, padding),
    x,
  );
  const unfolded = unfold(ops, padded, windows);
  const shape = ops.shape(unfolded);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const [inputs = 1, outputs = 1] = ops.shape(weight).slice(-2);
  const places = multiplyDims(rows, columns);
  const patches = ops.reshape(unfolded, [...shape.slice(0, -5), inputs, places]);
  const product = ops.matMul(filters(ops, weight), patches);
  const images = ops.reshape(product, [...ops.shape(product).slice(0, -2), outputs, rows, columns]);
  const perImage = ops.reshape(bias, [...ops.shape(bias).slice(0, -1), outputs, 1, 1]);
  return ops.add(images, perImage);
}

/** W as rows of filters, [o, c·size²], or one such matrix per network, [M, 1, o, c·size²]. */
function filters<T>(ops: TensorOps<T>, weight: T): T {
  const [inputs = 1, outputs = 1] = ops.shape(weight).slice(-2);
  const lead = ops.shape(weight).slice(0, -2);
  const swapped = ops.transpose(weight, [...lead.keys(), lead.length + 1, lead.length]);
  return lead.length === 0 ? swapped : ops.reshape(swapped, [...lead, 1, outputs, inputs]);
}
