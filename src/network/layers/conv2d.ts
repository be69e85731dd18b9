import { z } from 'zod';
import { ensure } from '../../errors.js';
import { formatShape, multiplyDims, type Dim } from '../../onnx/dim.js';
import { convolution, type ConvolutionOptions } from '../../ops/composites/convolution.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import { imageShape, windowedShape } from './images.js';
import { MAX_UNITS, type Layer } from './layer.js';
import { appendNode, intsAttribute } from './onnx-node.js';

/**
 * A convolution with square kernels, `[c, k², channels]` and in torch `[channels, c, k, k]`, and one
 * bias per channel.
 */
export interface Conv2dNode {
  readonly op: 'conv2d';
  /** A symbol in the graph of a family. */
  readonly channels: Dim;
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

export const conv2d: Layer<Conv2dNode> = {
  op: 'conv2d',
  schema: z.strictObject({
    op: z.literal('conv2d'),
    channels: z.int().min(1).max(MAX_UNITS),
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
  neurons: 'opens',
  defaults: () => DEFAULTS,
  symmetry: () => 'all',
  outputShape: (node, [input = []]) => {
    const { kernel, channels } = node;
    const { padding, stride } = optionsOf(node);
    ensure(
      padding < kernel,
      'invalid-argument',
      () => `expected a padding below the kernel's side of ${kernel}, got ${padding}`,
    );
    const [inputs, ...sides] = imageShape('a convolution', input);
    ensure(
      typeof inputs === 'string' || inputs * kernel * kernel <= MAX_UNITS,
      'invalid-argument',
      () =>
        `expected kernels of at most ${MAX_UNITS} numbers, got ${formatShape([inputs, kernel, kernel])}`,
    );
    const padded = sides.map((side) => side + 2 * padding);
    return windowedShape('a kernel', [channels, ...padded], { size: kernel, stride });
  },
  tensors: ({ kernel, padding = 0 }, { shape }, [channels = 1]) => {
    const [inputs = 1] = shape;
    const reach = padding === 0 ? 'all' : 'padded';
    const common = { reach, fanIn: multiplyDims(inputs, kernel * kernel), init: 'fan-in' } as const;
    return [
      {
        ...common,
        name: 'w',
        role: 'weight',
        ...(kernel === 1
          ? { shape: [inputs, channels], axes: ['in', 'out'], torchAxes: [1, 0] }
          : {
              shape: [inputs, kernel * kernel, channels],
              axes: ['in', null, 'out'],
              torchAxes: [2, 0, 1],
            }),
        features: kernel * kernel,
        torchName: 'weight',
        torchShape: [channels, inputs, kernel, kernel],
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
  resized: (node, channels) => ({ ...node, channels }),
  patches: (node) => optionsOf(node),
  withPatches: ({ op, channels }, { size: kernel, stride, padding }) => ({
    op,
    channels,
    kernel,
    ...(stride === DEFAULTS.stride ? {} : { stride }),
    ...(padding === DEFAULTS.padding ? {} : { padding }),
  }),
  forward: <T>(
    ops: TensorOps<T>,
    node: Conv2dNode,
    tensors: readonly T[],
    inputs: readonly T[],
  ): T => {
    const [weight, bias] = tensors as [T, T];
    return convolution(ops, inputs[0] as T, weight, bias, optionsOf(node));
  },
  toOnnx: (graph, node, tensors, inputs, output) => {
    const { size, stride, padding } = optionsOf(node);
    return appendNode(
      graph,
      'Conv',
      [...inputs, ...tensors],
      {
        kernel_shape: intsAttribute([size, size]),
        strides: intsAttribute([stride, stride]),
        pads: intsAttribute([padding, padding, padding, padding]),
      },
      output,
    );
  },
};

function optionsOf({
  kernel: size,
  stride = DEFAULTS.stride,
  padding = DEFAULTS.padding,
}: Conv2dNode): ConvolutionOptions {
  return { size, stride, padding };
}
