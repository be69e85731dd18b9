import { multiplyDims, type Shape } from '../../onnx/dim.js';
import type { TensorOps } from '../tensor-ops.js';
import { windowCount, type Windows } from './windows.js';

export interface ConvolutionOptions extends Windows {
  /** Zeros on each side of an image. */
  readonly padding: number;
}

/**
 * A convolution layer (the kernel is not flipped):
 * `y[o, i, j] = b[o] + Σ_{c, u, v} W[c, u·size + v, o] x[c, i·stride + u, j·stride + v]`.
 *
 * @param x - [..., N, c, h, w]
 * @param weight - [c, size², o], [c, o] of size 1, or a stack [M, …] of these
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
  const padded = padding === 0 ? x : withBorder(ops, x, padding);
  const kernels = asFilters(ops, weight, windows.size);
  const [images, filters] =
    windows.stride === 1 ? [padded, kernels] : withoutStride(ops, padded, kernels, windows);
  const biased = ops.biasedConv2d?.(images, filters, bias);
  if (biased !== undefined) return biased;
  const result = ops.conv2d(images, filters);
  return ops.add(result, overImages(ops, bias, ops.shape(result).slice(-2)));
}

/** Zeros around images. */
function withBorder<T>(ops: TensorOps<T>, x: T, width: number): T {
  const rank = ops.shape(x).length;
  return ops.pad(ops.pad(x, rank - 2, width, width), rank - 1, width, width);
}

/**
 * One number per channel over all places of an image, [..., o] → [..., o, h, w].
 *
 * As a product with ones: its derivative sums first over the batch and then over places, while the sum
 * over both together has the channels in between, which is slow on onnxruntime.
 */
function overImages<T>(ops: TensorOps<T>, bias: T, sides: Shape): T {
  const places = multiplyDims(...sides);
  const ones = ops.broadcastTo(ops.constant([1], [1, 1]), [1, places]);
  const column = ops.reshape(bias, [...ops.shape(bias), 1]);
  return ops.reshape(ops.matMul(column, ones), [...ops.shape(bias), ...sides]);
}

/** [..., c, size², o], or [..., c, o] of size 1 → [..., o, c, size, size] */
function asFilters<T>(ops: TensorOps<T>, weight: T, size: number): T {
  const ends = size === 1 ? 2 : 3;
  const shape = ops.shape(weight);
  const lead = shape.slice(0, -ends);
  const [inputs = 1, outputs = 1] = [shape.at(-ends), shape.at(-1)];
  const order = [ends - 1, ...Array(ends - 1).keys()].map((axis) => lead.length + axis);
  const filters = ops.transpose(weight, [...lead.keys(), ...order]);
  return ops.reshape(filters, [...lead, outputs, inputs, size, size]);
}

/**
 * Images and filters of a convolution with a stride s as those of one without: the s² phases of an
 * image become channels, and those of the filters, filled with zeros to whole phases, their inputs.
 */
function withoutStride<T>(
  ops: TensorOps<T>,
  x: T,
  filters: T,
  { size, stride }: Windows,
): readonly [images: T, filters: T] {
  const phases = Math.ceil(size / stride);
  const sides = ops.shape(x).slice(-2).map(Number);
  const counts = sides.map((side) => windowCount(side, { size, stride }) + phases - 1);
  return [phasesOf(ops, x, counts, stride), phasesOf(ops, filters, [phases, phases], stride)];
}

/**
 * [..., c, h, w] → [..., c · stride², h', w']: the elements at every place of a tile, as channels.
 *
 * @param counts - h' and w'; the images are cropped, or filled with zeros, to that many tiles
 */
function phasesOf<T>(ops: TensorOps<T>, x: T, counts: readonly number[], stride: number): T {
  const rank = ops.shape(x).length;
  const fitted = counts.reduce((image, count, index) => {
    const axis = rank - 2 + index;
    const length = Number(ops.shape(image)[axis]);
    const kept = ops.slice(image, axis, 0, Math.min(length, count * stride));
    return ops.pad(kept, axis, 0, Math.max(0, count * stride - length));
  }, x);
  const lead = ops.shape(x).slice(0, -3);
  const [channels = 1] = ops.shape(x).slice(-3);
  const [rows = 1, columns = 1] = counts;
  const split = ops.reshape(fitted, [...lead, channels, rows, stride, columns, stride]);
  const order = [0, 2, 4, 1, 3].map((axis) => lead.length + axis);
  return ops.reshape(ops.transpose(split, [...lead.keys(), ...order]), [
    ...lead,
    multiplyDims(channels, stride * stride),
    rows,
    columns,
  ]);
}
