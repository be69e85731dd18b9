import { ensure } from '../errors.js';
import { PacedWork, type Watcher } from '../pace.js';
import type { Random } from '../random.js';

/** Indices of two networks of a population. */
export type NetworkPair = readonly [number, number];

/**
 * The loss barrier of two networks: how much worse the network with their mean weights is,
 * `L((θa + θb)/2) − (L(θa) + L(θb))/2`.
 *
 * @param loss - loss of flat weights, lower is better
 * @throws WeightspringError `shape-mismatch` when the networks differ in length
 * @see Ainsworth et al. 2023, definition 2.2, at the midpoint
 */
export function lossBarrier(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  loss: (weights: Float64Array) => number,
): Promise<number> {
  return meanLossBarrier([a, b], [[0, 1]], loss);
}

/**
 * The mean {@link lossBarrier} over pairs of a population; the loss of each network is evaluated
 * only once.
 *
 * @param watcher - notified of every pair
 * @throws WeightspringError `invalid-argument` without pairs or for an index that does not exist,
 * `cancelled`
 */
export async function meanLossBarrier(
  networks: readonly ArrayLike<number>[],
  pairs: readonly NetworkPair[],
  loss: (weights: Float64Array) => number,
  watcher: Watcher = {},
): Promise<number> {
  ensure(pairs.length > 0, 'invalid-argument', () => 'expected at least one pair of networks');
  const losses = new Map<number, number>();
  const lossOf = (index: number): number => {
    const known = losses.get(index);
    if (known !== undefined) return known;
    const value = loss(Float64Array.from(networkAt(networks, index)));
    losses.set(index, value);
    return value;
  };
  const work = new PacedWork(pairs.length, watcher);
  let total = 0;
  for (const [a, b] of pairs) {
    const middle = midpoint(networkAt(networks, a), networkAt(networks, b));
    total += loss(middle) - (lossOf(a) + lossOf(b)) / 2;
    await work.advance();
  }
  return total / pairs.length;
}

/**
 * `count` pairs of different networks, drawn uniformly with replacement.
 *
 * @throws WeightspringError `invalid-argument` when there are fewer than two networks
 */
export function randomPairs(networks: number, count: number, random: Random): NetworkPair[] {
  ensure(
    networks >= 2,
    'invalid-argument',
    () => `pairs need at least two networks, got ${String(networks)}`,
  );
  return Array.from({ length: count }, () => {
    const a = random.integer(networks);
    const b = random.integer(networks - 1);
    return [a, b < a ? b : b + 1];
  });
}

function networkAt(networks: readonly ArrayLike<number>[], index: number): ArrayLike<number> {
  const network = networks[index];
  ensure(
    network !== undefined,
    'invalid-argument',
    () => `expected an index among ${String(networks.length)} networks, got ${String(index)}`,
  );
  return network;
}

function midpoint(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  ensure(
    a.length === b.length,
    'shape-mismatch',
    () => `expected networks of one size, got ${String(a.length)} and ${String(b.length)} weights`,
  );
  return Float64Array.from({ length: a.length }, (_, i) => 0.5 * ((a[i] ?? 0) + (b[i] ?? 0)));
}
