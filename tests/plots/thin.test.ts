import { describe, expect, it } from 'vitest';
import { thin } from '../../src/plots/thin.js';

describe('thin', () => {
  it('keeps the first, lowest, highest and last point of every pixel column, in order', () => {
    const column = (x: number) => [5, 5, 9, 5, 1, 5, 6].map((y, i) => [x + i / 100, y] as const);
    expect(thin([...column(0), ...column(1)]).map(([, y]) => y)).toEqual([5, 9, 1, 6, 5, 9, 1, 6]);
  });

  it('leaves sparse points alone', () => {
    const points = [0, 1, 2, 3].map((x) => [x * 2.5, x] as const);
    expect(thin(points)).toEqual(points);
  });

  it('of nothing is nothing', () => {
    expect(thin([])).toEqual([]);
  });
});
