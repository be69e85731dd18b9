import { multiplyDims } from '../../onnx/dim.js';
import type { TensorOps } from '../../ops/tensor-ops.js';

/**
 * A weight as a matrix, or as a stack of matrices: `[from, features, to]` → `[from·features, to]`.
 *
 * @param weight - [from, to], [from, features, to], or a stack of these
 * @param bias - the bias of the same layer, whose rank tells a stack: [to], or [M, 1, to]
 */
export function weightMatrix<T>(ops: TensorOps<T>, weight: T, bias: T): T {
  const shape = ops.shape(weight);
  const stacked = ops.shape(bias).length > 1 ? 1 : 0;
  if (shape.length - stacked < 3) return weight;
  const [from = 1, features = 1, to = 1] = shape.slice(stacked);
  return ops.reshape(weight, [...shape.slice(0, stacked), multiplyDims(from, features), to]);
}
