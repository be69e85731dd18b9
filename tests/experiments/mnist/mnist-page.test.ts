import { describe, expect, it } from 'vitest';
import { MNIST_BUDGETS } from '../../../src/experiments/mnist/budget.js';
import { mnistFiles } from '../../../src/experiments/mnist/mnist-page.js';
import { mnistResults, STEPS } from './results.js';

const files = mnistFiles({
  results: mnistResults(({ name, steps }) =>
    name === 'mnist-geometric-aligned-ot' && steps === 4
      ? { accuracy: { mean: 0.9123, min: 0.5, std: 0.1 } }
      : {},
  ),
  budget: { ...MNIST_BUDGETS.full, steps: STEPS },
  command: 'weightspring experiment mnist --seed 1',
});
const page = files.get('mnist.md')!;

/** The cells of all table rows that begin with `name`. */
function rows(name: string): readonly (readonly string[])[] {
  const lines = page.split('\n').filter((text) => text.startsWith(`| ${name} `));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('mnistFiles', () => {
  it('shows flows beside the figures of the thesis, at few and at the most steps', () => {
    const [few, most] = rows('geometric, aligned-ot');
    expect(few).toEqual([
      'geometric, aligned-ot',
      ...['0.9123', '0.1000', '0.5000', '0.9350', '0.3000', '0.0200', '0.0450', '0.5100'],
      ...['0.9321', '0.7860', '0.0640', '1.4430', '0.00093'],
    ]);
    expect(most![1]).toBe('0.9150');
  });

  it('shows trained networks and what is made of them without a flow', () => {
    const [trained] = rows('trained');
    expect(trained!.slice(4, 5)).toEqual(['0.9312']);
    expect(trained!.slice(-4)).toEqual(['0.9330', '0.0090', '0.2310', '0.00002']);
    expect(rows('interpolation of 2')[0]![1]).toBe('0.8963');
    expect(
      rows('soup of 16')[0]!
        .slice(1)
        .every((cell) => cell === '–'),
    ).toBe(true);
  });

  it('has averages of samples and of trained networks in one table, where counts differ too', () => {
    expect(rows('trained').at(-1)).toEqual(['trained', '0.9150', '0.9250', '0.9312', '–']);
    expect(rows('euclidean, raw').at(-2)).toEqual([
      ...['euclidean, raw', '0.9150', '0.9250', '–', '0.9350'],
    ]);
  });

  it('has wider networks of the equivariant flows only', () => {
    const wide = page.slice(page.indexOf('## More neurons'), page.indexOf('## Training'));
    expect(wide.match(/^\| (euclidean|normalized|geometric), /gm)).toHaveLength(6);
    expect(wide).toMatch(/normalized, equivariant \| +4 \| +0\.9000 .* 0\.9444 .* 0\.2030 /);
  });

  it('names recipe and command, and holds every figure that it shows', () => {
    expect(page).toContain('50 runs of 784-10-10, trained by SGD for 25 epochs, and 500 snapshots');
    expect(page).toContain('```sh\nweightspring experiment mnist --seed 1\n```');
    const shown = [...page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, file]) => file!);
    expect(shown).toHaveLength(3);
    for (const file of shown) expect(files.get(file)).toMatch(/^<svg/);
    expect(files.size).toBe(4);
  });
});
