import type { Architecture } from '../../network/architecture.js';
import { networkOf } from '../../network/network.js';
import type { Random } from '../../random.js';

/**
 * A network plus normal noise, in every tensor `scale` times as large as the tensor's root mean
 * square.
 *
 * @param weights - flat
 * @param scale - 0 gives the network itself
 */
export function withWeightNoise(
  arch: Architecture,
  weights: Float32Array,
  scale: number,
  random: Random,
): Float32Array {
  const noisy = Float32Array.from(weights);
  for (const { offset, size } of networkOf(arch).slots) {
    const tensor = weights.subarray(offset, offset + size);
    const rms = Math.sqrt(tensor.reduce((sum, value) => sum + value * value, 0) / size);
    const noise = random.normals(size);
    for (let i = 0; i < size; i++) {
      noisy[offset + i] = (tensor[i] as number) + scale * rms * (noise[i] as number);
    }
  }
  return noisy;
}
