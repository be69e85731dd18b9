import { gelu } from '../ops/composites/activations.js';
import { gatedAdaptiveLayerNorm } from '../ops/composites/adaptive-layer-norm.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';
import { featureWidth } from '../ops/composites/feature-width.js';

/**
 * A residual block of two layers with adaptive layer norm, `x + gate · W gelu(V norm(x))`; the
 * identity before training.
 *
 * Parameters: the linear maps `${name}.modulation`, `${name}.in` [d, hidden], `${name}.out`
 * [hidden, d].
 *
 * @param x - [batch, …, d]
 * @param condition - [batch, c]
 * @see Peebles & Xie 2023, section 3.2
 */
export function gatedFeedForward<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  x: T,
  condition: T,
  hidden: number,
): T {
  const { normed, gate } = gatedAdaptiveLayerNorm(ops, parameter, name, x, condition);
  const inner = gelu(ops, linear(ops, parameter, `${name}.in`, normed, hidden));
  const branch = linear(ops, parameter, `${name}.out`, inner, featureWidth(ops, name, x));
  return ops.add(x, ops.mul(gate, branch));
}
