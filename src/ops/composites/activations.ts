import type { TensorOps } from '../tensor-ops.js';

/** `max(x, 0)`. */
export function relu<T>(ops: TensorOps<T>, x: T): T {
  return ops.maximum(x, ops.constant(0));
}

/**
 * The exact Gaussian error linear unit, `x·Φ(x) = ½ x (1 + erf(x/√2))`.
 *
 * The operations are in the order that onnxruntime recognises and fuses into one Gelu kernel.
 */
export function gelu<T>(ops: TensorOps<T>, x: T): T {
  const error = ops.erf(ops.div(x, ops.constant(Math.SQRT2)));
  return ops.mul(ops.mul(x, ops.add(error, ops.constant(1))), ops.constant(0.5));
}

/** The logistic function `σ(x) = 1/(1 + e^{−x})`, as `½ (1 + tanh(x/2))`, which never overflows. */
export function sigmoid<T>(ops: TensorOps<T>, x: T): T {
  const half = ops.constant(0.5);
  return ops.mul(ops.add(ops.tanh(ops.mul(x, half)), ops.constant(1)), half);
}

/** `x·σ(x)`, also called swish. */
export function silu<T>(ops: TensorOps<T>, x: T): T {
  return ops.mul(x, sigmoid(ops, x));
}
