import { cropToTiles, tileSums } from '../../ops/composites/windows.js';
import { pooling } from './pooling.js';

/** The mean of the values in each window. */
export const avgPool = pooling<'avg-pool'>({
  op: 'avg-pool',
  symmetry: 'all',
  onnxOp: 'AveragePool',
  pool: (ops, images, size) => {
    const sums = tileSums(ops, cropToTiles(ops, images, size), size);
    return ops.mul(sums, ops.constant(1 / (size * size)));
  },
  combine: (ops, x, axes) => ops.mean(x, axes),
});
