import { z } from 'zod';
import { unfold, type Windows } from '../../ops/composites/windows.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import { imageShape, windowedShape } from './images.js';
import type { Layer, LayerSymmetry } from './layer.js';
import { appendNode, intsAttribute } from './onnx-node.js';

/** A node that combines the values in each square window of a channel. */
export interface PoolNode<O extends string = string> {
  readonly op: O;
  /** Side of a window. */
  readonly size: number;
  /** Default: the size, so that windows do not overlap. */
  readonly stride?: number | undefined;
}

/** What a kind of pooling has of its own. */
interface Pooling<O extends string> {
  readonly op: O;
  readonly symmetry: LayerSymmetry;
  readonly onnxOp: string;
  /** Combines the elements of each `size × size` tile of images. */
  pool<T>(ops: TensorOps<T>, images: T, size: number): T;
  /** Combines the elements along two axes, which it removes. */
  combine<T>(ops: TensorOps<T>, x: T, axes: readonly number[]): T;
}

/** Largest side of a window. */
const MAX_WINDOW = 31;

/** A kind of layer that pools windows; images lose what is behind the last window, as in torch. */
export function pooling<O extends string>(kind: Pooling<O>): Layer<PoolNode<O>> {
  const { op, symmetry, onnxOp } = kind;
  return {
    op,
    schema: z.strictObject({
      op: z.literal(op),
      size: z.int().min(1).max(MAX_WINDOW).describe('Side of the square windows.'),
      stride: z.int().min(1).max(MAX_WINDOW).optional().describe('Default: the size.'),
    }),
    arity: { min: 1, max: 1 },
    neurons: 'shares',
    defaults: ({ size }) => ({ stride: size }),
    symmetry: () => symmetry,
    outputShape: (node, [input = []]) =>
      windowedShape('a window', imageShape('pooling', input), windowsOf(node)),
    tensors: () => [],
    familyNode: (node) => node,
    resized: (node) => node,
    forward: <T>(
      ops: TensorOps<T>,
      node: PoolNode<O>,
      _: readonly T[],
      inputs: readonly T[],
    ): T => {
      const windows = windowsOf(node);
      const x = inputs[0] as T;
      if (windows.stride === windows.size) return kind.pool(ops, x, windows.size);
      const rank = ops.shape(x).length;
      return kind.combine(ops, unfold(ops, x, windows), [rank - 2, rank - 1]);
    },
    toOnnx: (graph, node, _, inputs, output) => {
      const { size, stride } = windowsOf(node);
      const attributes = {
        kernel_shape: intsAttribute([size, size]),
        strides: intsAttribute([stride, stride]),
      };
      return appendNode(graph, onnxOp, inputs, attributes, output);
    },
  };
}

function windowsOf({ size, stride = size }: PoolNode): Windows {
  return { size, stride };
}
