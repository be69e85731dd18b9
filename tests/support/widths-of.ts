import type { Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';

/** Widths of a perceptron from input to output. */
export function widthsOf(arch: Architecture): readonly number[] {
  return networkOf(arch).neurons.map(({ size }) => size);
}
