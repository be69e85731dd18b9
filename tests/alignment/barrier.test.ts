import { describe, expect, it } from 'vitest';

import { lossBarrier, meanLossBarrier, randomPairs } from '../../src/alignment/barrier.js';
import { Random } from '../../src/random.js';

/** A quartic with minima at ±1 in the first coordinate: (w² − 1)². */
const doubleWell = (weights: ArrayLike<number>): number => (weights[0]! ** 2 - 1) ** 2;

describe('lossBarrier', () => {
  it('is the height of the midpoint over the mean of the ends', async () => {
    expect(await lossBarrier([1], [-1], doubleWell)).toBe(1);
    expect(await lossBarrier([1], [1], doubleWell)).toBe(0);
    // L(0.5) − (L(1) + L(0))/2 = 0.5625 − 0.5
    expect(await lossBarrier([1], [0], doubleWell)).toBeCloseTo(0.0625, 12);
    await expect(lossBarrier([1], [1, 2], doubleWell)).rejects.toThrow('1 and 2 weights');
  });

  it('averages over pairs and evaluates each network once', async () => {
    let evaluations = 0;
    const counted = (weights: ArrayLike<number>): number => {
      evaluations++;
      return doubleWell(weights);
    };
    const pairs = [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const;
    expect(await meanLossBarrier([[1], [-1], [1]], pairs, counted)).toBeCloseTo(2 / 3, 12);
    expect(evaluations).toBe(6);
    await expect(meanLossBarrier([[1]], [], doubleWell)).rejects.toThrow('at least one pair');
    await expect(meanLossBarrier([[1]], [[0, 1]], doubleWell)).rejects.toThrow('got 1');
  });

  it('draws pairs of two different networks, all of them', () => {
    const pairs = randomPairs(4, 400, new Random(1));
    const seen = new Set(pairs.map(([a, b]) => `${String(a)}-${String(b)}`));
    expect(pairs.every(([a, b]) => a !== b)).toBe(true);
    expect(seen.size).toBe(12);
    expect(() => randomPairs(1, 1, new Random(1))).toThrow('at least two networks');
  });
});
