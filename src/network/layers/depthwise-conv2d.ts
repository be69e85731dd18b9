import { z } from 'zod';
import { ensure } from '../../errors.js';
import { multiplyDims } from '../../onnx/dim.js';
import { convolution, type ConvolutionOptions } from '../../ops/composites/convolution.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import { imageShape, windowedShape } from './images.js';
import type { Layer } from './layer.js';
import { appendNode, intAttribute, intsAttribute } from './onnx-node.js';

/**
 * A convolution of every channel by itself, with one square kernel and one bias per channel:
 * `[channels, k²]`, in torch `[channels, 1, k, k]` with `groups = channels`.
 */
export interface DepthwiseConv2dNode {
  readonly op: 'depthwise-conv2d';
  /** k */
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number | undefined;
  /** Zeros on each side of an image. Default 0. */
  readonly padding?: number | undefined;
}

/** Largest side of a kernel. */
const MAX_KERNEL = 31;

const DEFAULTS = { stride: 1, padding: 0 } as const;

export const depthwiseConv2d: Layer<DepthwiseConv2dNode> = {
  op: 'depthwise-conv2d',
  schema: z.strictObject({
    op: z.literal('depthwise-conv2d'),
    kernel: z.int().min(1).max(MAX_KERNEL).describe('Side of the square kernels.'),
    stride: z.int().min(1).max(MAX_KERNEL).optional().describe('Default 1.'),
    padding: z
      .int()
      .min(0)
      .max(MAX_KERNEL - 1)
      .optional()
      .describe('Zeros on each side of an image. Default 0.'),
  }),
  arity: { min: 1, max: 1 },
  neurons: 'shares',
  defaults: () => DEFAULTS,
  symmetry: () => 'all',
  outputShape: (node, [input = []]) => {
    const { size, stride, padding } = optionsOf(node);
    ensure(
      padding < size,
      'invalid-argument',
      () => `expected a padding below the kernel's side of ${size}, got ${padding}`,
    );
    const [channels, ...sides] = imageShape('a depthwise convolution', input);
    const padded = sides.map((side) => side + 2 * padding);
    return windowedShape('a kernel', [channels, ...padded], { size, stride });
  },
  tensors: ({ kernel, padding = DEFAULTS.padding }, _, [channels = 1]) => {
    const numbers = kernel * kernel;
    const reach = padding === 0 ? 'all' : 'padded';
    const common = { reach, fanIn: numbers, init: 'fan-in' } as const;
    return [
      {
        ...common,
        name: 'w',
        // Of a channel that is rescaled, what it multiplies already is.
        role: 'gain',
        shape: [channels, numbers],
        axes: ['out', null],
        features: numbers,
        torchName: 'weight',
        torchAxes: [0, 1],
        torchShape: [channels, 1, kernel, kernel],
      },
      {
        ...common,
        name: 'b',
        role: 'bias',
        shape: [channels],
        axes: ['out'],
        features: 1,
        torchName: 'bias',
        torchAxes: [0],
        torchShape: [channels],
      },
    ];
  },
  familyNode: (node) => node,
  resized: (node) => node,
  forward: <T>(
    ops: TensorOps<T>,
    node: DepthwiseConv2dNode,
    tensors: readonly T[],
    inputs: readonly T[],
  ): T => {
    const [kernels, bias] = tensors as [T, T];
    const options = optionsOf(node);
    // Channels side by side, as networks on images of one channel.
    const images = channelsFirst(ops, inputs[0] as T);
    const networks = ops.shape(bias).filter((_, axis, { length }) => length === 1 || axis !== 1);
    const filter = options.size === 1 ? [1, 1] : [1, multiplyDims(options.size, options.size), 1];
    const result = convolution(
      ops,
      images,
      ops.reshape(kernels, [...networks, ...filter]),
      ops.reshape(bias, [...networks, 1, 1]),
      options,
    );
    return channelsBack(ops, result);
  },
  toOnnx: (graph, node, tensors, inputs, output, [channels]) => {
    const { size, stride, padding } = optionsOf(node);
    return appendNode(
      graph,
      'Conv',
      [...inputs, ...tensors],
      {
        group: intAttribute(Number(channels)),
        kernel_shape: intsAttribute([size, size]),
        strides: intsAttribute([stride, stride]),
        pads: intsAttribute([padding, padding, padding, padding]),
      },
      output,
    );
  },
};

/** [..., N, c, h, w] → [..., c, N, 1, h, w] */
function channelsFirst<T>(ops: TensorOps<T>, x: T): T {
  const shape = ops.shape(x);
  const lead = shape.slice(0, -4);
  const [rows = 1, channels = 1, ...sides] = shape.slice(-4);
  const order = [1, 0, 2, 3].map((axis) => lead.length + axis);
  const swapped = ops.transpose(x, [...lead.keys(), ...order]);
  return ops.reshape(swapped, [...lead, channels, rows, 1, ...sides]);
}

/** The inverse of {@link channelsFirst}. */
function channelsBack<T>(ops: TensorOps<T>, x: T): T {
  const shape = ops.shape(x);
  const lead = shape.slice(0, -5);
  const [channels = 1, rows = 1, , ...sides] = shape.slice(-5);
  const images = ops.reshape(x, [...lead, channels, rows, ...sides]);
  const order = [1, 0, 2, 3].map((axis) => lead.length + axis);
  return ops.transpose(images, [...lead.keys(), ...order]);
}

function optionsOf({
  kernel: size,
  stride = DEFAULTS.stride,
  padding = DEFAULTS.padding,
}: DepthwiseConv2dNode): ConvolutionOptions {
  return { size, stride, padding };
}
