import type { TensorOps } from '../ops/tensor-ops.js';

export interface SinkhornOptions {
  /**
   * τ: small values bring the result close to a permutation, and its gradient close to 0. Default
   * 1.
   */
  readonly temperature?: number;
  /** Number of normalisations of all rows, then all columns. Default 20. */
  readonly iterations?: number;
}

/**
 * The Sinkhorn operator: a doubly-stochastic matrix from any square matrix,
 * `lim (normalise columns ∘ normalise rows)^K exp(z/τ)`, in the logarithmic domain.
 *
 * Columns sum to 1 up to rounding, rows up to the error that the iterations leave.
 *
 * @param z - [n, n]
 * @returns [n, n]
 * @see Mena et al. 2018, "Learning latent permutations with Gumbel-Sinkhorn networks"
 */
export function sinkhorn<T>(ops: TensorOps<T>, z: T, options: SinkhornOptions = {}): T {
  const { temperature = 1, iterations = 20 } = options;
  let logs = ops.mul(z, ops.constant(1 / temperature));
  for (let i = 0; i < iterations; i++) {
    const columns = ops.transpose(ops.logSoftmax(logs), [1, 0]);
    logs = ops.transpose(ops.logSoftmax(columns), [1, 0]);
  }
  return ops.exp(logs);
}
