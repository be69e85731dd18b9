import { z } from 'zod';
import { ensure } from '../../errors.js';
import { formatShape, sameShape } from '../../onnx/dim.js';
import type { Layer } from './layer.js';
import { appendNode } from './onnx-node.js';

/** The sum of values of one shape, such as a residual block and its skip connection. */
export interface AddNode {
  readonly op: 'add';
}

/** Most terms of a sum. */
const MAX_TERMS = 16;

export const add: Layer<AddNode> = {
  op: 'add',
  schema: z.strictObject({ op: z.literal('add') }),
  arity: { min: 2, max: MAX_TERMS },
  neurons: 'shares',
  symmetry: () => 'all',
  outputShape: (_, inputs) => {
    const [first = [], ...others] = inputs;
    for (const other of others) {
      ensure(
        sameShape(first, other),
        'invalid-argument',
        () => `expected terms of one shape, got ${formatShape(first)} and ${formatShape(other)}`,
      );
    }
    return first;
  },
  tensors: () => [],
  familyNode: (node) => node,
  resized: (node) => node,
  forward: (ops, _, __, inputs) => inputs.reduce((sum, term) => ops.add(sum, term)),
  toOnnx: (graph, _, __, inputs, output) => {
    const [first = '', ...others] = inputs;
    return others.reduce(
      (sum, term, index) =>
        appendNode(graph, 'Add', [sum, term], {}, index === others.length - 1 ? output : undefined),
      first,
    );
  },
};
