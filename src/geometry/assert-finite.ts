import { ensure } from '../errors.js';

/**
 * Throws unless all numbers are finite: the operations of manifolds propagate NaN and infinities.
 *
 * @param what - what the numbers are, for the message: `the weights of network 3`
 * @throws WeightspringError `invalid-argument` naming the first number that is not finite and its
 * index
 */
export function assertFinite(values: ArrayLike<number>, what: string): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) {
      ensure(
        false,
        'invalid-argument',
        () => `expected finite numbers in ${what}, got ${String(value)} at ${String(i)}`,
      );
    }
  }
}
