import { WeightspringError } from '../../errors.js';
import { formatShape } from '../../onnx/dim.js';
import type { TensorOps } from '../tensor-ops.js';

/**
 * The size of the last axis: it determines the shapes of parameters, so it must be a number.
 *
 * @throws WeightspringError `shape-mismatch` naming `user` for a scalar or a symbolic last axis
 */
export function featureWidth<T>(ops: TensorOps<T>, user: string, x: T): number {
  const shape = ops.shape(x);
  const width = shape.at(-1);
  if (typeof width === 'number') return width;
  throw new WeightspringError(
    'shape-mismatch',
    `${user} expects a last axis of known size, got ${formatShape(shape)}`,
  );
}
