import { describe, expect, it } from 'vitest';
import { judgedSteps, shortfalls, wdbcChecks } from '../../../src/experiments/wdbc/wdbc-checks.js';
import { wdbcResults } from './results.js';

const accuracy = (mean: number, min = 0.96) => ({ accuracy: { mean, min, std: 0.01 } });
const met = (results: Parameters<typeof wdbcChecks>[0]): readonly boolean[] =>
  wdbcChecks(results).map(({ isMet }) => isMet);

describe('wdbcChecks', () => {
  it('judges three geometries at 8 and at the most steps, and few steps against many', () => {
    expect(judgedSteps(wdbcResults())).toEqual([8, 64]);
    expect(met(wdbcResults())).toEqual([true, true, true, true, true, true, true]);
  });

  it('is met by one setting of a geometry, and missed when none is as good as the zoo', () => {
    const bad = (names: readonly string[]) =>
      wdbcResults(({ name, steps }) =>
        steps === 64 && names.includes(name) ? accuracy(0.97) : {},
      );
    const settings = ['raw', 'aligned', 'aligned-ot', 'equivariant'];
    const names = settings.map((setting) => `wdbc-normalized-${setting}`);
    expect(met(bad(names.slice(1)))[4]).toBe(true);
    expect(met(bad(names))).toEqual([true, true, true, true, false, true, true]);
  });

  it('judges few steps by the most accurate setting of the Geometric flow', () => {
    const results = (early: number, best: string) =>
      wdbcResults(({ name, steps }) => {
        if (name !== `wdbc-geometric-${best}`) return {};
        return accuracy(steps === 64 ? 0.99 : early);
      });
    expect(met(results(0.985, 'aligned')).at(-1)).toBe(true);
    expect(met(results(0.984, 'aligned')).at(-1)).toBe(false);
  });

  it('judges by Euler samples only', () => {
    expect(met(wdbcResults(({ solver }) => (solver === 'euler' ? {} : accuracy(0)))).at(0)).toBe(
      true,
    );
  });
});

describe('shortfalls', () => {
  const { zoo, variants } = wdbcResults();
  const good = variants[0]!.samples[0]!;

  it('allows half a point of accuracy, two of the worst, .02 of cross-entropy and ECE', () => {
    const edge = {
      ...good,
      ...accuracy(0.975, 0.94),
      crossEntropy: { mean: 0.1 },
      ece: { mean: 0.04 },
    };
    expect(shortfalls(edge, zoo)).toEqual([]);
  });

  it.each([
    ['accuracy', accuracy(0.974)],
    ['worst', accuracy(0.98, 0.939)],
    ['cross-entropy', { crossEntropy: { mean: 0.101 } }],
    ['ECE', { ece: { mean: 0.041 } }],
  ])('names %s beyond that', (name, change) => {
    const found = shortfalls({ ...good, ...change }, zoo);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(name);
  });
});
