import { gelu } from '../ops/composites/activations.js';
import { fourierEmbedding } from '../ops/composites/fourier-embedding.js';
import { linear } from '../ops/composites/linear.js';
import type { ParameterSource, TensorOps } from '../ops/tensor-ops.js';

/** Waves of the embedding. */
const TIME_FEATURES = 64;

/**
 * A condition for every block of a network: waves of t through a network of two layers.
 *
 * Parameters: the linear maps `time.in` and `time.out`; with a second time also `time.span`, a map of
 * the waves of `until − t` beside those of t. It starts at zero: a flow map is the flow that it
 * starts from.
 *
 * @param t - [batch]
 * @param until - [batch], the second time of a flow map. Default: none
 * @returns [batch, width]
 * @see Geng et al. 2025, "Mean flows", table 1c, for time and span as the pair to embed
 */
export function timeEmbedding<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  t: T,
  width: number,
  until?: T,
): T {
  const waves = (time: T): T => fourierEmbedding(ops, time, { features: TIME_FEATURES });
  const start = linear(ops, parameter, 'time.in', waves(t), width);
  const span = (end: T): T =>
    linear(ops, parameter, 'time.span', waves(ops.sub(end, t)), width, {
      init: 'zeros',
      bias: false,
    });
  const hidden = gelu(ops, until === undefined ? start : ops.add(start, span(until)));
  return gelu(ops, linear(ops, parameter, 'time.out', hidden, width));
}
