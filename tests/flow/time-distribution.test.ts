import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { sampleTimes, TIME_DISTRIBUTIONS } from '../../src/flow/time-distribution.js';

/** Inverse distribution functions: Beta(1, 2) has F(t) = 1 − (1 − t)². */
const QUANTILE = {
  beta: (q: number) => 1 - Math.sqrt(1 - q),
  uniform: (q: number) => q,
} as const;

/** The largest draw there is. */
class Highest extends Random {
  override uniform(): number {
    return 1 - 2 ** -53;
  }
}

describe.each(TIME_DISTRIBUTIONS)('%s times', (kind) => {
  it('has the quantiles of its distribution where drawn one at a time (0.02)', () => {
    const random = new Random(1);
    const draws = Array.from({ length: 20_000 }, () => sampleTimes(kind, 1, random)[0]!);
    draws.sort((a, b) => a - b);
    for (const q of [0.1, 0.25, 0.5, 0.75, 0.9]) {
      expect(Math.abs(draws[q * draws.length]! - QUANTILE[kind](q)), `q = ${q}`).toBeLessThan(0.02);
    }
  });

  it('puts one time into every quantile band (1e-6: float32)', () => {
    const count = 64;
    for (let seed = 0; seed < 10; seed++) {
      const times = sampleTimes(kind, count, new Random(seed)).sort();
      times.forEach((t, band) => {
        expect(t).toBeGreaterThan(QUANTILE[kind](band / count) - 1e-6);
        expect(t).toBeLessThan(QUANTILE[kind]((band + 1) / count) + 1e-6);
      });
    }
  });

  it('spreads the bands over the batch in random order', () => {
    const times = sampleTimes(kind, 64, new Random(3));
    expect([...times]).not.toEqual([...times].sort((a, b) => a - b));
    expect(sampleTimes(kind, 64, new Random(3))).toEqual(times);
    // The first of a batch is not tied to one band.
    const firsts = Array.from({ length: 40 }, (_, seed) => sampleTimes(kind, 4, new Random(seed)));
    expect(new Set(firsts.map(([t]) => Math.floor(8 * t!))).size).toBeGreaterThan(4);
  });

  it('stays in [0, 1), also for the highest draw', () => {
    for (const t of sampleTimes(kind, 1000, new Random(5))) {
      expect(t >= 0 && t < 1).toBe(true);
    }
    for (const count of [1, 3, 64]) {
      expect(Math.max(...sampleTimes(kind, count, new Highest(1)))).toBeLessThan(1);
    }
  });
});
