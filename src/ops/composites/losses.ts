import type { TensorOps } from '../tensor-ops.js';

/**
 * Mean cross-entropy, `−mean_rows Σ_c targets_c · log softmax(logits)_c`.
 *
 * @param logits - […, C]
 * @param targets - […, C], each row a distribution (one-hot for class labels)
 * @returns []
 */
export function crossEntropy<T>(ops: TensorOps<T>, logits: T, targets: T): T {
  const last = ops.shape(logits).length - 1;
  const rows = ops.sum(ops.mul(targets, ops.logSoftmax(logits)), [last]);
  return ops.mul(ops.mean(rows), ops.constant(-1));
}

/**
 * `mean((a − b)²)` over all elements, broadcast.
 *
 * @internal the loss of tests of gradients and engines
 */
export function meanSquaredError<T>(ops: TensorOps<T>, a: T, b: T): T {
  const difference = ops.sub(a, b);
  return ops.mean(ops.mul(difference, difference));
}
