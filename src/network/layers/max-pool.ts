import { pooling } from './pooling.js';

/** The largest value in each window. */
export const maxPool = pooling<'max-pool'>({
  op: 'max-pool',
  symmetry: 'scale',
  onnxOp: 'MaxPool',
  pool: (ops, images, size) => ops.maxPool(images, size),
  combine: (ops, x, axes) => ops.max(x, axes),
});
