import { z } from 'zod';
import { ensure } from '../../errors.js';
import { formatShape, type Dim } from '../../onnx/dim.js';
import { affine } from '../../ops/composites/affine.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import { MAX_UNITS, type Layer } from './layer.js';
import { appendNode, intAttribute } from './onnx-node.js';

/** A fully connected layer, `y = x W + b` with `W [fanIn, units]` and `b [units]`. */
export interface DenseNode {
  readonly op: 'dense';
  /** A symbol in the graph of a family. */
  readonly units: Dim;
}

export const dense: Layer<DenseNode> = {
  op: 'dense',
  schema: z.strictObject({ op: z.literal('dense'), units: z.int().min(1).max(MAX_UNITS) }),
  arity: { min: 1, max: 1 },
  neurons: 'opens',
  symmetry: () => 'all',
  outputShape: ({ units }, [input]) => {
    ensure(
      input?.length === 1,
      'invalid-argument',
      () => `a dense layer reads rows of shape [n], got ${formatShape(input ?? [])}`,
    );
    return [units];
  },
  tensors: (_, [input = []], output) => [
    {
      name: 'w',
      role: 'weight',
      shape: [...input, ...output],
      axes: ['in', 'out'],
      features: 1,
      fanIn: input[0] ?? 1,
      init: 'fan-in',
      torchName: 'weight',
      torchAxes: [1, 0],
    },
    {
      name: 'b',
      role: 'bias',
      shape: output,
      axes: ['out'],
      features: 1,
      fanIn: input[0] ?? 1,
      init: 'fan-in',
      torchName: 'bias',
      torchAxes: [0],
    },
  ],
  familyNode: (node) => node,
  resized: (node, units) => ({ ...node, units }),
  forward: <T>(ops: TensorOps<T>, _: DenseNode, tensors: readonly T[], inputs: readonly T[]): T => {
    const [weight, bias] = tensors as [T, T];
    return affine(ops, inputs[0] as T, weight, bias);
  },
  toOnnx: (graph, _, tensors, inputs, output) =>
    // With the weight transposed: the one form that OpenCV 4.6 accepts too.
    appendNode(graph, 'Gemm', [...inputs, ...tensors], { transB: intAttribute(1) }, output),
};
