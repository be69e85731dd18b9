import type { TensorOps } from '../tensor-ops.js';

/** Terms of one sum. */
const CHUNK = 16;

/**
 * The mean over the first axis, summed in two stages: adding hundreds of float32 numbers one after
 * the other loses up to a digit more.
 *
 * @param x - [M, ...], M known and at most 256
 * @returns [1, ...]
 */
export function meanOfStack<T>(ops: TensorOps<T>, x: T): T {
  const [networks, ...others] = ops.shape(x);
  const count = Number(networks);
  if (count <= CHUNK) return ops.mean(x, [0], true);
  const chunks = Math.ceil(count / CHUNK);
  const padded = ops.pad(x, 0, 0, chunks * CHUNK - count);
  const sums = ops.sum(ops.reshape(padded, [chunks, CHUNK, ...others]), [1]);
  return ops.mul(ops.sum(sums, [0], true), ops.constant(1 / count));
}
