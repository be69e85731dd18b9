import { gelu } from '../ops/composites/activations.js';
import { fourierEmbedding } from '../ops/composites/fourier-embedding.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';

/** Waves of the embedding. */
const TIME_FEATURES = 64;

/**
 * A condition for every block of a network: waves of t through a network of two layers.
 *
 * Parameters: the linear maps `time.in` and `time.out`.
 *
 * @param t - [batch]
 * @returns [batch, width]
 */
export function timeEmbedding<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  t: T,
  width: number,
): T {
  const features = fourierEmbedding(ops, t, { features: TIME_FEATURES });
  const hidden = gelu(ops, linear(ops, parameter, 'time.in', features, width));
  return gelu(ops, linear(ops, parameter, 'time.out', hidden, width));
}
