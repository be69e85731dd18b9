import { alignPopulation } from '../../alignment/align-population.js';
import type { Architecture } from '../../network/architecture.js';
import { Random } from '../../random.js';

/**
 * Draws `members` different networks, brings them to the first by weight matching and takes the
 * mean of their weights: interpolation at the midpoint for two, a model soup for more.
 *
 * @param networks - flat weights of trained networks, at least `members`
 * @param draw - which of the averages that a seed gives
 * @see Wortsman et al. 2022, "Model soups"
 */
export async function alignedAverage(
  arch: Architecture,
  networks: readonly Float32Array[],
  members: number,
  { seed, draw }: { readonly seed: number; readonly draw: number },
): Promise<Float32Array> {
  const order = new Random(seed, 'average of', members, draw).permutation(networks.length);
  const chosen = Array.from(order.subarray(0, members), (i) => networks[i] as Float32Array);
  const { networks: aligned } = await alignPopulation(chosen, arch);
  return meanWeights(aligned);
}

function meanWeights(networks: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(networks[0]?.length ?? 0);
  for (const weights of networks) {
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (weights[i] as number);
  }
  return Float32Array.from(sum, (total) => total / networks.length);
}
