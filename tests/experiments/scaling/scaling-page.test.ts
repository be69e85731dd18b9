import { describe, expect, it } from 'vitest';
import { SCALING_BUDGETS } from '../../../src/experiments/scaling/budget.js';
import { scalingFiles } from '../../../src/experiments/scaling/scaling-page.js';
import {
  bestByValidation,
  copiesFrom,
  leastHeldOut,
} from '../../../src/experiments/scaling/scaling-readings.js';
import { cellResult, scalingResults, usualFigures } from './results.js';

const budget = {
  ...SCALING_BUDGETS.full,
  zooSizes: [10, 30, 100],
  updateCounts: [300, 1000],
  flowSizes: [
    { width: 96, blocks: 2 },
    { width: 16, blocks: 1 },
  ],
};

/** Copies after 1000 updates on 10 runs; most accurate after 300 on 30, at width 16. */
const results = scalingResults(budget, 40, ({ runs, updates, width }) => {
  if (runs === 10 && updates === 1000) {
    return { copying: { novelty: 0.25, heldOutNovelty: 0.98, dispersion: 1.1 } };
  }
  if (runs === 30 && updates === 300 && width === 16) {
    return {
      samples: {
        ...usualFigures,
        validation: 0.95,
        accuracy: { mean: 0.9345, std: 0.01, min: 0.8765 },
      },
      training: { losses: { training: 0.2, heldOut: 0.1 }, durationSeconds: 60 },
    };
  }
  return {};
});
const files = scalingFiles({ results, budget, command: 'weightspring experiment scaling' });
const page = files.get('scaling.md')!;

/** The cells of table rows by their first and second cell. */
function rows(first: string, second: string): readonly (readonly string[])[] {
  return page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells[1] === first && cells[2] === second);
}

describe('scalingFiles', () => {
  it('has a table and a chart for every flow size, with trained networks beside the samples', () => {
    expect([...files.keys()]).toEqual(['scaling.md', 'scaling-w96-b2.svg', 'scaling-w16-b1.svg']);
    for (const name of ['scaling-w96-b2.svg', 'scaling-w16-b1.svg']) {
      expect(page).toContain(`](${name})`);
      expect(files.get(name)).toMatch(/^<svg/);
      expect(files.get(name)).toContain('30 runs, held-out');
    }
    expect(rows('trained', '–')).toHaveLength(2);
    expect(rows('30', '300')).toHaveLength(2);
    expect(rows('10', '1000')[0]).toEqual(expect.arrayContaining(['0.25', '0.98', '1.10']));
  });

  it('leaves out what the zoo has no runs for, and says so', () => {
    expect(page).toContain('Left out, since the zoo has 40 runs: 100 runs.');
    expect(rows('100', '300')).toEqual([]);
  });

  it('reads off where accuracy is best and copying begins', () => {
    const [copying] = rows('width 96, 2 blocks', '10');
    expect(copying!.at(-2)).toBe('1000');
    const [best] = rows('width 16, 1 block', '30');
    expect(best!.slice(3, 6)).toEqual(['300', '0.9345', '0.8765']);
    expect(best!.slice(-3, -1)).toEqual(['300', '–']);
    expect(page).toContain('width 16, 1 block on 30 runs after 300 updates');
  });

  it('shows what was not measured as missing', () => {
    const bare = scalingResults(budget, 40, () => ({
      training: { losses: null, durationSeconds: 1 },
      copying: { novelty: 1, heldOutNovelty: null, dispersion: 1 },
    }));
    const [file] = [...scalingFiles({ results: bare, budget, command: '' }).values()];
    expect(file).not.toMatch(/NaN|undefined|null/);
  });
});

describe('readings', () => {
  const cell = (updates: number) => ({ name: 'x', runs: 10, updates, width: 16, blocks: 1 });
  const withNovelty = (updates: number, novelty: number, heldOutNovelty: number | null) =>
    cellResult(cell(updates), { copying: { novelty, heldOutNovelty, dispersion: 1 } });

  it('calls copies what is nearer than nine tenths of what held-out runs are', () => {
    const cells = [
      withNovelty(3000, 0.2, 1.1),
      withNovelty(1000, 0.98, 1.1),
      withNovelty(300, 1, 1.1),
    ];
    expect(copiesFrom(cells)?.cell.updates).toBe(1000);
    expect(copiesFrom(cells.slice(2))).toBeUndefined();
    expect(copiesFrom([withNovelty(300, 0.1, null)])).toBeUndefined();
  });

  it('have no answer without measurements', () => {
    const unmeasured = { training: { losses: null, durationSeconds: 1 } };
    expect(leastHeldOut([cellResult(cell(1), unmeasured)])).toBeUndefined();
    expect(bestByValidation([])).toBeUndefined();
  });
});
