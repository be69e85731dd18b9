import type { Random } from '../random.js';
import { parameterCount, tensorLayout, widthAt, type Architecture } from './architecture.js';

/**
 * The half-width of the uniform distribution that layer `layer` is initialised from: 1/√fan_in.
 */
export function initialisationBound(arch: Architecture, layer: number): number {
  return 1 / Math.sqrt(widthAt(arch, layer - 1));
}

/**
 * Random weights of an untrained network, flat, float32: every weight and bias of layer l is
 * uniform in ±1/√d_{l−1}, the default of PyTorch's `Linear`.
 *
 * @example
 * const theta = initialise(architecture([30, 16, 16, 2]), new Random(1));
 */
export function initialise(arch: Architecture, random: Random): Float32Array {
  const weights = new Float32Array(parameterCount(arch));
  for (const { layer, offset, size } of tensorLayout(arch)) {
    const bound = initialisationBound(arch, layer);
    for (let i = offset; i < offset + size; i++) weights[i] = bound * (2 * random.uniform() - 1);
  }
  return weights;
}
