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
      for (const { role, from, to, shape, size: numbers, features, offset } of slots) {
        // What it multiplies already is.
        if (role === 'gain') continue;
        const columns = shape.at(-1)!;
        const rows = numbers / columns;
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            if (to === name && column === j) copy[offset + row * columns + column]! *= c;
            if (from === name && Math.floor(row / features) === j)
              copy[offset + row * columns + column]! /= c;
          }
        }
      }
    }
  }
  return Float32Array.from(copy);
}
