import type { Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';

/** The same function: what writes every hidden neuron times `factor()`, what reads it over that. */
export function rescaled(
  weights: ArrayLike<number>,
  arch: Architecture,
  factor: () => number,
): Float32Array {
  const { groups, slots } = networkOf(arch);
  const copy = Float64Array.from(weights);
  for (const { name, size } of groups) {
    for (let j = 0; j < size; j++) {
      const c = factor();
      for (const { role, from, to, shape, offset } of slots) {
        const [rows, columns] = role === 'weight' ? [shape[0]!, shape[1]!] : [1, shape[0]!];
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            if (to === name && column === j) copy[offset + row * columns + column]! *= c;
            if (from === name && row === j) copy[offset + row * columns + column]! /= c;
          }
        }
      }
    }
  }
  return Float32Array.from(copy);
}
