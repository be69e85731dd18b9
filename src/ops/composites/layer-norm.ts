import type { TensorOps } from '../tensor-ops.js';

export interface LayerNormOptions<T> {
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
  /** Multiplies the normalised values, broadcast; none by default. */
  readonly scale?: T;
  /** Added last, broadcast; none by default. */
  readonly shift?: T;
}

/**
 * Layer normalisation over the last axis, `y = (x − mean)/√(var + ε) · scale + shift`.
 *
 * @param x - […, d]
 * @see Ba et al. 2016, equation 4
 */
export function layerNorm<T>(ops: TensorOps<T>, x: T, options: LayerNormOptions<T> = {}): T {
  const { epsilon = 1e-5, scale, shift } = options;
  let result = ops.layerNorm(x, epsilon);
  if (scale !== undefined) result = ops.mul(result, scale);
  if (shift !== undefined) result = ops.add(result, shift);
  return result;
}
