import { z } from 'zod';
import { imageShape } from './images.js';
import type { TensorOps } from '../../ops/tensor-ops.js';
import type { Layer } from './layer.js';
import { appendNode, intAttribute } from './onnx-node.js';

/** The mean of each channel, `[c, h, w]` → `[c]`: `AdaptiveAvgPool2d(1)` and `Flatten` in torch. */
export interface GlobalAvgPoolNode {
  readonly op: 'global-avg-pool';
}

export const globalAvgPool: Layer<GlobalAvgPoolNode> = {
  op: 'global-avg-pool',
  schema: z.strictObject({ op: z.literal('global-avg-pool') }),
  arity: { min: 1, max: 1 },
  neurons: 'shares',
  symmetry: () => 'all',
  outputShape: (_, [input = []]) => {
    const [channels] = imageShape('global average pooling', input);
    return [channels];
  },
  tensors: () => [],
  familyNode: (node) => node,
  resized: (node) => node,
  forward: <T>(
    ops: TensorOps<T>,
    _: GlobalAvgPoolNode,
    __: readonly T[],
    inputs: readonly T[],
  ): T => {
    const x = inputs[0] as T;
    const rank = ops.shape(x).length;
    return ops.mean(x, [rank - 2, rank - 1]);
  },
  toOnnx: (graph, _, __, inputs, output) => {
    const means = appendNode(graph, 'GlobalAveragePool', inputs);
    return appendNode(graph, 'Flatten', [means], { axis: intAttribute(1) }, output);
  },
};
