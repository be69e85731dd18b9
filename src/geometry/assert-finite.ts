import { ensure } from '../errors.js';

/**
 * Guards the door to the manifolds' operations, which pass NaN and infinities on: throws unless all
 * numbers are finite.
 *
 * @param what - what the numbers are, for the message: `the weights of network 3`
 * @throws WeightspringError `invalid-argument` naming the first number at fault and its place
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
