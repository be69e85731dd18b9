import type { Random } from '../random.js';

/** Distribution of training times: Beta(1, 2) has density 2(1−t), more weight near the noise. */
export const TIME_DISTRIBUTIONS = ['beta', 'uniform'] as const;
export type TimeDistribution = (typeof TIME_DISTRIBUTIONS)[number];

/**
 * `count` times in [0, 1), stratified: the i-th is drawn from the i-th of `count` quantile bands,
 * which lowers the variance of a batch's loss without changing the marginal distribution of times.
 *
 * @see notation §6; Kingma et al. 2021, "Variational Diffusion Models" (stratified times)
 */
export function sampleTimes(
  distribution: TimeDistribution,
  count: number,
  random: Random,
): Float32Array {
  const offset = random.uniform();
  const order = random.permutation(count);
  return Float32Array.from(order, (band) => {
    const quantile = (band + offset) / count;
    const t = distribution === 'beta' ? 1 - Math.sqrt(1 - quantile) : quantile;
    return Math.min(t, LARGEST_TIME);
  });
}

/** The largest float32 below 1: the velocity at t = 1 is not defined. */
const LARGEST_TIME = 1 - 2 ** -24;
