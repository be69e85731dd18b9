import { describe, expect, it } from 'vitest';
import { flatten } from '../../bench/flatten.js';
import { fittedExponent, median, quantile } from '../../bench/statistics.js';

describe('quantile', () => {
  it('takes the nearest rank whatever the order', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(median(values)).toBe(50);
    expect(quantile(values, 0.95)).toBe(95);
    expect(quantile([3], 0.95)).toBe(3);
  });
});

describe('flatten', () => {
  it('joins the names of nested records with dots', () => {
    expect(flatten({ a: { b: 1, c: null }, d: 'e' })).toEqual([
      ['a.b', 1],
      ['a.c', null],
      ['d', 'e'],
    ]);
  });
});

describe('fittedExponent', () => {
  it('finds the power of a law, and the middle of points around it', () => {
    const law = [1, 2, 5, 30].map((x) => [x, 7 * x ** 1.3] as const);
    expect(fittedExponent(law)).toBeCloseTo(1.3, 12);
    const around = law.flatMap(([x, y]) => [[x, y * 2] as const, [x, y / 2] as const]);
    expect(fittedExponent(around)).toBeCloseTo(1.3, 12);
  });
});
