import { pooling, type PoolNode } from './pooling.js';

/** The largest value in each window. */
export type MaxPoolNode = PoolNode<'max-pool'>;

export const maxPool = pooling<'max-pool'>({
  op: 'max-pool',
  symmetry: 'scale',
  onnxOp: 'MaxPool',
  combine: (ops, x, axes) => ops.max(x, axes),
});
