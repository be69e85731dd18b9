import { describe, expect, it } from 'vitest';
import { evenCorners, measureTowardsHull, unevenCorners } from '../../src/evaluation/frontier.js';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { graphArchitecture, residual } from '../network/graphs.js';

/** A perceptron of these hidden widths. */
const perceptron = (...hidden: readonly number[]): Architecture =>
  architecture([3, ...hidden, 2], 'tanh');

const sizesOf = (arch: Architecture): Readonly<Record<string, number>> =>
  Object.fromEntries(networkOf(arch).groups.map(({ name, size }) => [name, size]));

describe('corners', () => {
  const range = { min: 4, max: 40 };

  it('are the narrowest, the widest, and both by turns', () => {
    expect(evenCorners(perceptron(8), range)).toEqual([perceptron(4), perceptron(40)]);
    expect(unevenCorners(perceptron(8), range)).toEqual([]);
    expect(unevenCorners(perceptron(8, 9, 10), range)).toEqual([
      perceptron(4, 40, 4),
      perceptron(40, 4, 40),
    ]);
    expect(evenCorners(perceptron(8, 8), { min: 16, max: 16 })).toEqual([perceptron(16, 16)]);
  });

  it('are residual perceptrons of the same family for residual perceptrons', () => {
    // h1 is the stem with its first block, h2 inside it; h3 reads h1, and h4 reads h3 and h1.
    const arch = graphArchitecture(residual('tanh'));
    const { family, groups } = networkOf(arch);
    expect(groups.map(({ name }) => name)).toEqual(['h1', 'h2', 'h3', 'h4']);
    const [even, uneven] = [evenCorners(arch, range), unevenCorners(arch, range)];
    for (const corner of [...even, ...uneven]) {
      const network = networkOf(corner);
      expect([network.family.key, network.activation]).toEqual([family.key, 'tanh']);
    }
    expect(even.map(sizesOf)).toEqual([
      { h1: 4, h2: 4, h3: 4, h4: 4 },
      { h1: 40, h2: 40, h3: 40, h4: 40 },
    ]);
    expect(uneven.map(sizesOf)).toEqual([
      { h1: 4, h2: 40, h3: 40, h4: 4 },
      { h1: 40, h2: 4, h3: 4, h4: 40 },
    ]);
  });
});

describe('measureTowardsHull', () => {
  const hull = { min: 8, max: 32 };
  type Widths = readonly number[];

  async function measured(
    corner: Architecture,
    passes: (widths: Widths) => boolean,
  ): Promise<readonly (readonly [Widths, boolean])[]> {
    const seen: [Widths, boolean][] = [];
    await measureTowardsHull(corner, hull, (arch) => {
      const widths = networkOf(arch).groups.map(({ size }) => size);
      seen.push([widths, passes(widths)]);
      return Promise.resolve(passes(widths));
    });
    return seen;
  }

  it('measures no more than a corner that passes', async () => {
    expect(await measured(perceptron(4, 4), () => true)).toEqual([[[4, 4], true]]);
  });

  it.each([4, 5, 6, 7])('finds the last width that fails: %d', async (last) => {
    const seen = await measured(perceptron(4, 4), ([width = 0]) => width > last);
    const failing = seen.filter(([, passes]) => !passes).map(([[width = 0]]) => width);
    const passing = seen.filter(([, passes]) => passes).map(([[width = 0]]) => width);
    expect(Math.max(...failing)).toBe(last);
    // The hull's own edge is taken to pass.
    expect(Math.min(8, ...passing)).toBe(last + 1);
  });

  it('goes both ways at once from an uneven corner', async () => {
    const seen = await measured(perceptron(4, 40), ([narrow = 0]) => narrow >= 7);
    expect(seen[0]).toEqual([[4, 40], false]);
    expect(seen[1]?.[0]).toEqual([6, 36]);
    expect(Math.min(...seen.filter(([, passes]) => passes).map(([[width = 0]]) => width))).toBe(7);
  });
});
