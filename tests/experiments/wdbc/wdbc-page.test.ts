import { describe, expect, it } from 'vitest';
import { WDBC_BUDGETS } from '../../../src/experiments/wdbc/budget.js';
import { wdbcFiles } from '../../../src/experiments/wdbc/wdbc-page.js';
import { STEPS, wdbcResults } from './results.js';

const files = wdbcFiles({
  results: wdbcResults(({ name }) =>
    name === 'wdbc-geometric-aligned' ? { accuracy: { mean: 0.9123, min: 0.5, std: 0.1 } } : {},
  ),
  budget: { ...WDBC_BUDGETS.full, steps: STEPS },
  command: 'weightspring experiment wdbc --seed 1',
});
const page = files.get('wdbc.md')!;

/** The cells of the first table row that begins with `name`. */
function row(name: string): readonly string[] {
  const line = page.split('\n').find((text) => text.startsWith(`| ${name} `));
  return line!.split('|').map((cell) => cell.trim());
}

describe('wdbcFiles', () => {
  it('shows flows beside the figures of the thesis, and what they fall short of', () => {
    const cells = row('geometric, aligned');
    expect(cells).toContain('0.9123');
    expect(cells).toContain('0.9930');
    expect(cells).toContain('0.0180');
    expect(cells.some((cell) => cell.includes('accuracy 91.23 %, worst 50.00 %'))).toBe(true);
    expect(row('normalized, raw')).toContain('yes');
  });

  it('has no figures of the thesis for what the thesis did not do', () => {
    expect(row('geometric, equivariant').filter((cell) => cell === '–')).toHaveLength(3);
  });

  it('names the command, and holds every figure that it shows', () => {
    expect(page).toContain('```sh\nweightspring experiment wdbc --seed 1\n```');
    const shown = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => file!);
    expect(shown).toHaveLength(6);
    for (const file of shown) expect(files.get(file)).toMatch(/^<svg/);
    expect(files.size).toBe(7);
  });
});
