import type { Random } from '../../src/random.js';
import { tensor, type ReferenceTensor } from '../../src/ops/reference-ops.js';

/** Values between `low` and `high`, the same for the same arguments. */
export function uniformTensor(
  random: Random,
  shape: readonly number[],
  [low, high]: readonly [number, number] = [-2, 2],
): ReferenceTensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return tensor(
    Float64Array.from({ length: size }, () => low + (high - low) * random.uniform()),
    shape,
  );
}

export function dot(a: ReferenceTensor, b: ReferenceTensor): number {
  return a.data.reduce((sum, value, index) => sum + value * b.data[index]!, 0);
}

/**
 * The gradient of `f` by central differences, `(f(x + h) − f(x − h)) / 2h` per element: with
 * h = 1e-5 in float64 good to about 1e-9 for values around 1.
 */
export function centralDifferences(
  f: (inputs: readonly ReferenceTensor[]) => number,
  inputs: readonly ReferenceTensor[],
  h = 1e-5,
): readonly Float64Array[] {
  return inputs.map((x, which) =>
    x.data.map((value, element) => {
      const moved = (amount: number): number => {
        const data = x.data.with(element, value + amount);
        return f(inputs.with(which, { shape: x.shape, data }));
      };
      return (moved(h) - moved(-h)) / (2 * h);
    }),
  );
}

/** Largest deviation, relative to 1 + the expected value's size. */
export function deviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  return Array.from(expected).reduce(
    (worst, value, index) =>
      Math.max(worst, Math.abs(actual[index]! - value) / (1 + Math.abs(value))),
    0,
  );
}
