import { describe, expect, it } from 'vitest';
import { evenCorners, measureTowardsHull, unevenCorners } from '../../src/evaluation/frontier.js';

describe('corners', () => {
  it('are the narrowest, the widest, and both by turns', () => {
    const range = { min: 4, max: 40 };
    expect(evenCorners(1, range)).toEqual([[4], [40]]);
    expect(unevenCorners(1, range)).toEqual([]);
    expect(unevenCorners(3, range)).toEqual([
      [4, 40, 4],
      [40, 4, 40],
    ]);
    expect(evenCorners(2, { min: 16, max: 16 })).toEqual([[16, 16]]);
  });
});

describe('measureTowardsHull', () => {
  const hull = { min: 8, max: 32 };

  async function measured(
    corner: readonly number[],
    passes: (widths: readonly number[]) => boolean,
  ): Promise<readonly (readonly [readonly number[], boolean])[]> {
    const seen: [readonly number[], boolean][] = [];
    await measureTowardsHull(corner, hull, (widths) => {
      seen.push([widths, passes(widths)]);
      return Promise.resolve(passes(widths));
    });
    return seen;
  }

  it('measures no more than a corner that passes', async () => {
    expect(await measured([4, 4], () => true)).toEqual([[[4, 4], true]]);
  });

  it.each([4, 5, 6, 7])('finds the last width that fails: %d', async (last) => {
    const seen = await measured([4, 4], ([width = 0]) => width > last);
    const failing = seen.filter(([, passes]) => !passes).map(([[width = 0]]) => width);
    const passing = seen.filter(([, passes]) => passes).map(([[width = 0]]) => width);
    expect(Math.max(...failing)).toBe(last);
    // The hull's own edge is taken to pass.
    expect(Math.min(8, ...passing)).toBe(last + 1);
  });

  it('goes both ways at once from an uneven corner', async () => {
    const seen = await measured([4, 40], ([narrow = 0]) => narrow >= 7);
    expect(seen[0]).toEqual([[4, 40], false]);
    expect(seen[1]?.[0]).toEqual([6, 36]);
    expect(Math.min(...seen.filter(([, passes]) => passes).map(([[width = 0]]) => width))).toBe(7);
  });
});
