import type { Random } from '../random.js';
import type { Architecture } from './architecture.js';
import { networkOf } from './network.js';

/**
 * Random weights of an untrained network, flat, float32: weights and biases uniform in ±1/√fanIn,
 * the default of PyTorch's `Linear` and `Conv2d`, gains 1.
 *
 * @example
 * const theta = initialise(architecture([30, 16, 16, 2]), new Random(1));
 */
export function initialise(arch: Architecture, random: Random): Float32Array {
  const { parameters, slots } = networkOf(arch);
  const weights = new Float32Array(parameters).fill(1);
  for (const { init, fanIn, offset, size } of slots) {
    if (init === 'ones') continue;
    const bound = 1 / Math.sqrt(fanIn);
    for (let i = offset; i < offset + size; i++) weights[i] = bound * (2 * random.uniform() - 1);
  }
  return weights;
}
