import { pooling, type PoolNode } from './pooling.js';

/** The mean of the values in each window. */
export type AvgPoolNode = PoolNode<'avg-pool'>;

export const avgPool = pooling<'avg-pool'>({
  op: 'avg-pool',
  symmetry: 'all',
  onnxOp: 'AveragePool',
  combine: (ops, x, axes) => ops.mean(x, axes),
});
