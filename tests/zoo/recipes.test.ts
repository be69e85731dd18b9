import { describe, expect, it } from 'vitest';
import { architectureName } from '../../src/network/architecture.js';
import { widthsOf } from '../support/widths-of.js';
import { BUILT_IN_DATASETS } from '../../src/data/load-dataset.js';
import { zooRecipe } from '../../src/zoo/recipes.js';

describe('zooRecipe', () => {
  it.each(BUILT_IN_DATASETS)('has one usual architecture for %s', (task) => {
    expect(zooRecipe(task).architectures.length).toBe(1);
  });

  it('has the snapshots of the thesis: 100 runs, every 4 updates after 10 of 50 epochs', () => {
    const { architectures, training } = zooRecipe('wdbc', 'thesis');
    expect(architectures).toEqual(zooRecipe('wdbc').architectures);
    expect(architectures[0]!.runs).toBe(100);
    expect(training).toEqual({
      ...zooRecipe('wdbc').training,
      snapshots: { ignoreEpochs: 10, everySteps: 4 },
    });
    expect(training.epochs).toBe(50);
  });

  it('refuses the zoo of the thesis for a task that it did not have', () => {
    expect(() => zooRecipe('iris', 'thesis')).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    );
  });

  describe('mixed, for WDBC', () => {
    const { architectures } = zooRecipe('wdbc', 'mixed');
    const runs = new Map(
      architectures.map(({ architecture, runs }) => [architectureName(architecture), runs]),
    );

    it('has at least 600 runs, 60 of them of 30-16-16-2, each architecture once', () => {
      expect(runs.size).toBe(architectures.length);
      expect(runs.get('30-16-16-2')).toBeGreaterThanOrEqual(60);
      expect([...runs.values()].reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(600);
    });

    it('spans widths 8 to 32 in every layer of every depth from one to three', () => {
      for (const hiddenLayers of [1, 2, 3]) {
        const all = architectures
          .map(({ architecture }) => widthsOf(architecture).slice(1, -1))
          .filter((widths) => widths.length === hiddenLayers);
        expect(all.length).toBeGreaterThanOrEqual(8);
        for (let layer = 0; layer < hiddenLayers; layer++) {
          const widths = all.map((hidden) => hidden[layer]!);
          expect(Math.min(...widths)).toBe(8);
          expect(Math.max(...widths)).toBe(32);
        }
      }
    });

    it('leaves out the architectures that unseen ones are judged by', () => {
      for (const held of ['30-14-2', '30-10-22-2', '30-12-9-18-2', '30-36-28-2']) {
        expect(runs.has(held)).toBe(false);
      }
    });
  });
});
