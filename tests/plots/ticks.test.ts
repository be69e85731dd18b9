import { describe, expect, it } from 'vitest';
import { linearTicks, logTicks, niceBelow, niceStep } from '../../src/plots/ticks.js';

const values = (ticks: readonly { value: number }[]): number[] => ticks.map(({ value }) => value);
const labels = (ticks: readonly { label: string }[]): string[] => ticks.map(({ label }) => label);

describe('niceStep', () => {
  it.each([
    [10, 5, 2],
    [1, 6, 0.2],
    [0.3, 6, 0.05],
    [9500, 6, 2000],
    [97, 10, 10],
    [3e-9, 6, 5e-10],
  ])('splits %d into about %d parts of %d', (range, count, step) => {
    expect(niceStep(range, count)).toBeCloseTo(step, 15);
  });

  it('is 1, 2 or 5 times a power of ten and gives between half and twice the count', () => {
    for (let i = 1; i <= 400; i++) {
      const range = 10 ** (i / 25 - 8) * 1.37;
      const step = niceStep(range, 6);
      expect([1, 2, 5]).toContain(Math.round(step / 10 ** Math.floor(Math.log10(step) + 1e-9)));
      expect(range / step).toBeGreaterThan(3);
      expect(range / step).toBeLessThan(12);
    }
  });
});

describe('linearTicks', () => {
  it('are clean multiples with equal decimals', () => {
    const ticks = linearTicks(0, 0.5, 5);
    expect(values(ticks)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(labels(ticks)).toEqual(['0.0', '0.1', '0.2', '0.3', '0.4', '0.5']);
  });

  it('stay inside an axis that does not end on them', () => {
    expect(values(linearTicks(-0.93, 1.17, 4))).toEqual([-0.5, 0, 0.5, 1]);
  });

  it('group thousands and use a minus sign, and powers for very large or small numbers', () => {
    expect(labels(linearTicks(-20000, 20000, 2))).toEqual(['−20,000', '0', '20,000']);
    expect(labels(linearTicks(0, 4e7, 2))).toEqual(['0', '2×10⁷', '4×10⁷']);
    expect(labels(linearTicks(0, 3e-6, 3))).toEqual(['0', '10⁻⁶', '2×10⁻⁶', '3×10⁻⁶']);
  });
});

describe('logTicks', () => {
  it('marks 1-2-5 where few decades are shown', () => {
    expect(values(logTicks(1, 64, 6))).toEqual([1, 2, 5, 10, 20, 50]);
  });

  it('marks powers of ten where several are shown, thinned where many are', () => {
    expect(values(logTicks(1e-4, 1, 6))).toEqual([1e-4, 1e-3, 1e-2, 1e-1, 1]);
    expect(values(logTicks(1e-12, 1, 6))).toEqual([1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1]);
    expect(labels(logTicks(1e-8, 1, 4))).toEqual(['10⁻⁸', '10⁻⁶', '10⁻⁴', '10⁻²', '10⁰']);
  });

  it('falls back to linear ticks inside a fraction of a decade', () => {
    expect(values(logTicks(0.92, 0.98, 3))).toEqual([0.92, 0.94, 0.96, 0.98]);
  });
});

describe('niceBelow', () => {
  it.each([
    [1, 1],
    [1.9, 1],
    [0.02, 0.02],
    [4.99, 2],
    [730, 500],
    [0.0099, 0.005],
  ])('of %d is %d', (value, below) => {
    expect(niceBelow(value)).toBeCloseTo(below, 12);
  });
});
