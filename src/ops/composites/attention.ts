import { WeightspringError, ensure } from '../../errors.js';
import { formatShape, multiplyDims } from '../../onnx/dim.js';
import type { ParameterSource, TensorOps } from '../tensor-ops.js';
import { featureWidth } from './feature-width.js';
import { linear } from './linear.js';

export interface AttentionOptions {
  /** Number of heads; divides the token width. */
  readonly heads: number;
}

/**
 * Multi-head self-attention over tokens, `softmax(Q Kᵀ / √(d/heads)) V` per head, then a linear
 * map of the joined heads. Without positions it commutes with permutations of the tokens.
 *
 * Parameters: the linear maps `${name}.qkv` [d, 3d] and `${name}.out` [d, d].
 *
 * @param x - [batch, n, d]; batch and n may be symbolic
 * @returns [batch, n, d]
 * @throws WeightspringError `shape-mismatch` for another rank, `invalid-argument` when heads does
 * not divide d
 * @see Vaswani et al. 2017, equation 1
 */
export function multiHeadAttention<T>(
  ops: TensorOps<T>,
  parameter: ParameterSource<T>,
  name: string,
  x: T,
  { heads }: AttentionOptions,
): T {
  const width = featureWidth(ops, name, x);
  const [batch, tokens, ...rest] = ops.shape(x);
  if (batch === undefined || tokens === undefined || rest.length !== 1) {
    throw new WeightspringError(
      'shape-mismatch',
      `${name} expects tokens [batch, n, d], got ${formatShape(ops.shape(x))}`,
    );
  }
  const headWidth = width / heads;
  ensure(
    Number.isInteger(headWidth),
    'invalid-argument',
    () => `${name} expects heads that divide the width ${width}, got ${heads}`,
    'heads',
  );

  // One product per batch element and head. Moving the heads next to the batch keeps rows
  // contiguous; the keys are transposed separately, which runtimes fuse into the product.
  const projected = linear(ops, parameter, `${name}.qkv`, x, 3 * width);
  const perHead = (part: number): T => {
    const values = ops.slice(projected, 2, part * width, width);
    const byToken = ops.reshape(values, [batch, tokens, heads, headWidth]);
    const byHead = ops.transpose(byToken, [0, 2, 1, 3]);
    return ops.reshape(byHead, [multiplyDims(batch, heads), tokens, headWidth]);
  };
  const queries = ops.mul(perHead(0), ops.constant(1 / Math.sqrt(headWidth)));
  const scores = ops.matMul(queries, ops.transpose(perHead(1), [0, 2, 1]));
  const attended = ops.matMul(ops.softmax(scores), perHead(2));
  const byHead = ops.reshape(attended, [batch, heads, tokens, headWidth]);
  const joined = ops.reshape(ops.transpose(byHead, [0, 2, 1, 3]), [batch, tokens, width]);
  return linear(ops, parameter, `${name}.out`, joined, width);
}
