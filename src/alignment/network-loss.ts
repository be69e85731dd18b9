import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { networkLogits } from '../network/forward.js';
import { networkOf } from '../network/network.js';
import { crossEntropy } from '../ops/composites/losses.js';
import type { TensorOps } from '../ops/tensor-ops.js';

/** A scalar loss of a network's tensors, by the names of its slots: `w1`, `b1`, … */
export type NetworkLoss = <T>(ops: TensorOps<T>, tensors: ReadonlyMap<string, T>) => T;

/**
 * Mean cross-entropy over a data set, as a function of the weights.
 *
 * @param x - `[n, inputs]`, row-major
 * @param labels - n class indices
 * @throws WeightspringError `shape-mismatch` when rows and labels do not fit, `invalid-argument`
 * for a label outside the classes
 */
export function crossEntropyLoss(
  arch: Architecture,
  x: ArrayLike<number>,
  labels: ArrayLike<number>,
): NetworkLoss {
  const { inputs: features, outputs: classes } = networkOf(arch);
  const rows = labels.length;
  ensure(
    rows > 0 && x.length === rows * features,
    'shape-mismatch',
    () =>
      `expected ${String(features)} features for each of ${String(rows)} labels (at least one), ` +
      `got ${String(x.length)} numbers`,
  );
  const targets = new Float64Array(rows * classes);
  Array.from(labels).forEach((label, row) => {
    ensure(
      Number.isInteger(label) && label >= 0 && label < classes,
      'invalid-argument',
      () => `expected labels from 0 to ${String(classes - 1)}, got ${String(label)}`,
    );
    targets[row * classes + label] = 1;
  });
  return (ops, tensors) => {
    const logits = networkLogits(ops, arch, tensors, ops.constant(x, [rows, features]));
    return crossEntropy(ops, logits, ops.constant(targets, [rows, classes]));
  };
}
