import { depth, type Architecture } from './architecture.js';
import { WeightspringError } from '../errors.js';
import type { TensorOps } from '../ops/tensor-ops.js';
import { activate } from './activations.js';

/**
 * Logits of a multi-layer perceptron, `h_l = σ(h_{l−1} W_l + b_l)`, without σ after the last layer.
 *
 * @param tensors - by their names in the flat layout: `w_l [d_{l−1}, d_l]` and `b_l [d_l]`, or stacks
 *   of M networks, `[M, d_{l−1}, d_l]` and `[M, 1, d_l]`
 * @param x - [N, d_0], or [M, N, d_0] for a stack
 * @returns [N, d_L], or [M, N, d_L]
 */
export function mlpLogits<T>(
  ops: TensorOps<T>,
  arch: Architecture,
  tensors: ReadonlyMap<string, T>,
  x: T,
): T {
  let hidden = x;
  for (let layer = 1; layer <= depth(arch); layer++) {
    const weight = tensors.get(`w${layer}`);
    const bias = tensors.get(`b${layer}`);
    if (weight === undefined || bias === undefined) {
      throw new WeightspringError('internal', `a network has no tensors for layer ${layer}`);
    }
    const affine = ops.add(ops.matMul(hidden, weight), bias);
    hidden = layer < depth(arch) ? activate(ops, arch.activation, affine) : affine;
  }
  return hidden;
}
