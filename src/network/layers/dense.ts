import { z } from 'zod';
import { ensure } from '../../errors.js';
import { missingDim } from '../../onnx/dim-algebra.js';
import { formatShape, type Dim, type Shape } from '../../onnx/dim.js';
import { affine } from '../../ops/composites/affine.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import { MAX_UNITS, type Layer, type LayerTensor, type ValueRow } from './layer.js';
import { appendNode, intAttribute } from './onnx-node.js';
import { weightMatrix } from './weight-matrix.js';

/**
 * A fully connected layer, `y = x W + b` with `W [fanIn, units]` and `b [units]`. Where it reads
 * flattened channels, W is `[channels, H·W, units]`: each channel has H·W weights to each unit.
 */
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
      () =>
        `a dense layer reads rows of shape [n], got ${formatShape(input ?? [])}` +
        (input?.length === 3 ? ': flatten it, or average it globally' : ''),
    );
    return [units];
  },
  tensors: (_, input, output) => {
    const [fanIn = 1] = input.shape;
    const common = { reach: 'one', fanIn, init: 'fan-in' } as const;
    return [
      {
        ...common,
        ...weightLayout(input, output),
        name: 'w',
        role: 'weight',
        features: input.perNeuron,
        torchName: 'weight',
        torchShape: [...output, fanIn],
      },
      {
        ...common,
        name: 'b',
        role: 'bias',
        shape: output,
        axes: ['out'],
        features: 1,
        torchName: 'bias',
        torchAxes: [0],
        torchShape: output,
      },
    ];
  },
  familyNode: (node) => node,
  resized: (node, units) => ({ ...node, units }),
  forward: <T>(ops: TensorOps<T>, _: DenseNode, tensors: readonly T[], inputs: readonly T[]): T => {
    const [weight, bias] = tensors as [T, T];
    return affine(ops, inputs[0] as T, weightMatrix(ops, weight, bias), bias);
  },
  toOnnx: (graph, _, tensors, inputs, output) =>
    // With the weight transposed: the only form that OpenCV 4.6 accepts.
    appendNode(graph, 'Gemm', [...inputs, ...tensors], { transB: intAttribute(1) }, output),
};

function weightLayout(
  { shape, perNeuron }: ValueRow,
  output: Shape,
): Pick<LayerTensor, 'shape' | 'axes' | 'torchAxes'> {
  if (perNeuron === 1) {
    return { shape: [...shape, ...output], axes: ['in', 'out'], torchAxes: [1, 0] };
  }
  const channels = missingDim(shape, [perNeuron]) ?? 1;
  return {
    shape: [channels, perNeuron, ...output],
    axes: ['in', null, 'out'],
    torchAxes: [2, 0, 1],
  };
}
