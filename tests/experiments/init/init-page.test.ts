import { describe, expect, it } from 'vitest';
import { INIT_BUDGETS } from '../../../src/experiments/init/budget.js';
import { initChecks } from '../../../src/experiments/init/init-checks.js';
import type { InitResults } from '../../../src/experiments/init/init-experiment.js';
import { initFiles } from '../../../src/experiments/init/init-page.js';
import { barOf, updatesTo } from '../../../src/experiments/init/init-readings.js';

const updates = [0, 1, 10, 40, 100];
const curve = (means: readonly number[]) => ({
  learningRate: 0.01,
  validation: means,
  // Two networks about the mean.
  test: means.map((value) => [value - 0.01, value + 0.01]),
});

const results: InitResults = {
  flow: 'mnist',
  task: 'mnist',
  steps: 2,
  cases: ['mnist', 'fashion-mnist'].map((task) => ({
    task,
    architecture: '784-32-10',
    isInZoo: true,
    optimizer: 'SGD',
    updates,
    best: 'he' as const,
    curves: [
      { start: 'default' as const, ...curve([0.1, 0.2, 0.4, 0.7, 0.88]) },
      { start: 'he' as const, ...curve([0.1, 0.2, 0.5, 0.8, 0.9]) },
      { start: 'sampled' as const, ...curve([0.85, 0.86, 0.88, 0.905, 0.95]) },
    ],
  })),
};
const [own, other] = results.cases as [InitResults['cases'][0], InitResults['cases'][0]];
const page = initFiles({ results, budget: INIT_BUDGETS.full, command: 'weightspring x' });

describe('readings', () => {
  it('take the bar from the random start that is best on the validation part', () => {
    expect(barOf(own)).toBeCloseTo(0.9, 12);
    expect(updatesTo(0.9, [0.85, 0.86, 0.88, 0.905, 0.95], updates)).toBe(40);
    expect(updatesTo(0.96, [0.85, 0.86, 0.88, 0.905, 0.95], updates)).toBeNull();
    expect(updatesTo(0.5, [0.85, 0.86], updates)).toBe(0);
  });
});

describe('initChecks', () => {
  it('demands a tenth of the updates on the own task and two fifths on another', () => {
    expect(initChecks(results).map(({ isMet }) => isMet)).toEqual([false, true]);
    expect(initChecks(results)[0]!.found).toBe('40 updates');
    const never = { ...other, curves: other.curves.filter(({ start }) => start !== 'sampled') };
    expect(initChecks({ ...results, cases: [never] })[0]).toMatchObject({
      found: 'not reached',
      isMet: false,
    });
  });
});

describe('initFiles', () => {
  it('has a table and a chart for every case', () => {
    expect([...page.keys()]).toEqual([
      'init.md',
      'init-mnist-784-32-10-sgd.svg',
      'init-fashion-mnist-784-32-10-sgd.svg',
    ]);
    const text = page.get('init.md')!;
    const rows = text.split('\n').filter((line) => line.startsWith('| **sampled**'));
    expect(rows).toHaveLength(2);
    const cells = rows[0]!.split('|').map((cell) => cell.trim());
    // One network is there after 40 updates, the other one after 100.
    expect(cells.slice(3)).toEqual([
      '0.8500',
      '0.8600',
      '0.8800',
      '0.9050',
      '0.9500',
      '40 (40 to 100)',
      '40 %',
      '',
    ]);
    expect(text).toContain('The bar is 0.9000');
    expect(text).not.toMatch(/NaN|undefined|null/);
    expect(page.get('init-mnist-784-32-10-sgd.svg')).toMatch(/^<svg/);
  });
});
