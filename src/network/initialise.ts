import type { Random } from '../random.js';
import type { Architecture } from './architecture.js';
import { networkOf } from './network.js';

/**
 * Random weights of an untrained network, flat, float32: every weight and bias of a layer
 * is uniform in ±1/√fanIn, the default of PyTorch's `Linear` and `Conv2d`.
 *
 * @example
 * const theta = initialise(architecture([30, 16, 16, 2]), new Random(1));
 */
export function initialise(arch: Architecture, random: Random): Float32Array {
  const { parameters, slots } = networkOf(arch);
  const weights = new Float32Array(parameters);
  for (const { fanIn, offset, size } of slots) {
    const bound = 1 / Math.sqrt(fanIn);
    for (let i = offset; i < offset + size; i++) weights[i] = bound * (2 * random.uniform() - 1);
  }
  return weights;
}
