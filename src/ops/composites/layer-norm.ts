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
  const rank = ops.shape(x).length;
  const last = [rank - 1];
  const centred = ops.sub(x, ops.mean(x, last, true));
  const variance = ops.mean(ops.mul(centred, centred), last, true);
  // Of full rank: onnxruntime broadcasts a scalar to an axis of size 1 element by element.
  const floor = ops.constant([epsilon], new Array<number>(rank).fill(1));
  let result = ops.div(centred, ops.sqrt(ops.add(variance, floor)));
  if (scale !== undefined) result = ops.mul(result, scale);
  if (shift !== undefined) result = ops.add(result, shift);
  return result;
}
