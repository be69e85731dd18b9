import { WeightspringError, ensure } from '../../errors.js';
import { formatShape } from '../../onnx/dim.js';
import type { TensorOps } from '../tensor-ops.js';

export interface FourierEmbeddingOptions {
  /** Width of the embedding, even: half sines, half cosines. */
  readonly features: number;
  /** Period of the fastest wave, in units of t; default 0.02, about one step of a fine solver. */
  readonly minPeriod?: number;
  /** Period of the slowest wave; default 4, so that it is monotonic on [0, 1]. */
  readonly maxPeriod?: number;
}

/**
 * Embeds times as waves with fixed, geometrically spaced periods:
 * `[sin(2π t/p_1), …, sin(2π t/p_k), cos(2π t/p_1), …, cos(2π t/p_k)]`, k = features/2.
 *
 * @param t - [batch]
 * @returns [batch, features]
 * @throws WeightspringError `invalid-argument` for an odd or non-positive width, `shape-mismatch`
 * for another rank
 * @see Vaswani et al. 2017, section 3.5
 */
export function fourierEmbedding<T>(
  ops: TensorOps<T>,
  t: T,
  { features, minPeriod = 0.02, maxPeriod = 4 }: FourierEmbeddingOptions,
): T {
  ensure(
    Number.isInteger(features / 2) && features > 0,
    'invalid-argument',
    () => `a Fourier embedding expects an even number of features, got ${features}`,
    'features',
  );
  const [batch, ...rest] = ops.shape(t);
  if (batch === undefined || rest.length > 0) {
    throw new WeightspringError(
      'shape-mismatch',
      `a Fourier embedding expects times [batch], got ${formatShape(ops.shape(t))}`,
    );
  }
  const frequencies = geometricFrequencies(features / 2, minPeriod, maxPeriod);
  const angles = ops.mul(
    ops.reshape(t, [batch, 1]),
    ops.constant(frequencies, [1, frequencies.length]),
  );
  return ops.concat([ops.sin(angles), ops.cos(angles)], 1);
}

/** `2π/p` for `count` periods from the longest to the shortest with a constant ratio. */
function geometricFrequencies(count: number, minPeriod: number, maxPeriod: number): number[] {
  const ratio = minPeriod / maxPeriod;
  return Array.from(
    { length: count },
    (_, index) => (2 * Math.PI) / (maxPeriod * ratio ** (index / Math.max(1, count - 1))),
  );
}
