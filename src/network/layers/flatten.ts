import { z } from 'zod';
import { ensure } from '../../errors.js';
import { formatShape, multiplyDims } from '../../onnx/dim.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import { imageShape } from './images.js';
import { MAX_UNITS, type Layer } from './layer.js';
import { appendNode, intAttribute } from './onnx-node.js';

/** Images as vectors, channel by channel as in torch: `[c, h, w]` → `[c·h·w]`. */
export interface FlattenNode {
  readonly op: 'flatten';
}

export const flatten: Layer<FlattenNode> = {
  op: 'flatten',
  schema: z.strictObject({ op: z.literal('flatten') }),
  arity: { min: 1, max: 1 },
  neurons: 'shares',
  symmetry: () => 'all',
  outputShape: (_, [input = []]) => {
    const length = multiplyDims(...imageShape('flatten', input));
    ensure(
      typeof length === 'string' || length <= MAX_UNITS,
      'invalid-argument',
      () => `expected images of at most ${MAX_UNITS} numbers, got ${formatShape(input)}`,
    );
    return [length];
  },
  perNeuron: (_, { shape }) => {
    const [, height, width] = imageShape('flatten', shape);
    return height * width;
  },
  tensors: () => [],
  familyNode: (node) => node,
  resized: (node) => node,
  forward: <T>(ops: TensorOps<T>, _: FlattenNode, __: readonly T[], inputs: readonly T[]): T => {
    const x = inputs[0] as T;
    const shape = ops.shape(x);
    return ops.reshape(x, [...shape.slice(0, -3), multiplyDims(...shape.slice(-3))]);
  },
  toOnnx: (graph, _, __, inputs, output) =>
    appendNode(graph, 'Flatten', inputs, { axis: intAttribute(1) }, output),
};
