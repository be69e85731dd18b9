import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExperimentRun, type ExperimentHost } from '../../../src/experiments/experiment-run.js';
import { SCALING_BUDGETS } from '../../../src/experiments/scaling/budget.js';
import { scalingExperiment } from '../../../src/experiments/scaling/scaling-experiment.js';
import { scalingRuns } from '../../../src/experiments/scaling/scaling-runs.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';
import { deep, makeZoo, randomNetworks, small, task } from '../../evaluation/spirals-zoo.js';

const zoo = makeZoo([
  [deep, randomNetworks(deep, 2, 2)],
  [small, randomNetworks(small, 4, 1)],
]);
const budget = { ...SCALING_BUDGETS.smoke, zooSizes: [2, 4, 9], updateCounts: [1, 2] };

describe('scalingRuns', () => {
  it('trains on the first runs and keeps the last ones outside', () => {
    const numbers = (size: number, most: number) => {
      const { inside, outside } = scalingRuns(zoo, small, size, most);
      return [inside, outside].map((part) => part.finalNetworksOf(0).map(({ run }) => run));
    };
    expect(numbers(2, 1)).toEqual([[0, 1], [3]]);
    expect(numbers(2, 9)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(numbers(4, 2)).toEqual([[0, 1, 2, 3], []]);
    const { inside } = scalingRuns(zoo, small, 2, 1);
    expect(inside.architectures).toEqual([small]);
    expect(inside.finalsOf(0)).toHaveLength(2);
    expect(inside.networksOf(0)[0]?.weights).toBe(zoo.networksOf(1)[0]?.weights);
  });

  it('refuses an architecture that the zoo has not', () => {
    const other = { ...small, layers: [2, 9, 2] };
    expect(() => scalingRuns(zoo, other, 2, 1)).toThrow('the zoo has no networks of');
  });
});

describe('scalingExperiment', { timeout: 120_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-scaling-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('runs to its end after having been stopped, without doing anything twice', async () => {
    const start = (host: Pick<ExperimentHost, 'onProgress' | 'signal'>) =>
      ExperimentRun.open(folder, budget, {
        openEngine: () => Promise.resolve(new OrtEngine({ threads: 1 })),
        ...host,
      }).then((run) => scalingExperiment(run, { zoo, task, architecture: small, budget, seed: 1 }));
    const stop = new AbortController();
    const stopped = start({
      signal: stop.signal,
      onProgress: (stage) => {
        if (stage === 'train scaling-n2-u2-w16-b1') stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });

    const updates: string[] = [];
    const results = await start({
      onProgress: (stage, done) => {
        if (stage.startsWith('train scaling')) updates.push(`${stage} ${done}`);
      },
    });
    expect(updates).toEqual([
      'train scaling-n2-u2-w16-b1 2',
      'train scaling-n4-u1-w16-b1 1',
      'train scaling-n4-u2-w16-b1 1',
      'train scaling-n4-u2-w16-b1 2',
    ]);
    expect(results).toMatchObject({ task: 'spirals', runs: 4, snapshots: 1, directions: 2 });
    expect(results.trained.networks).toBe(3);
    expect(results.cells.map(({ cell }) => [cell.runs, cell.updates])).toEqual([
      [2, 1],
      [2, 2],
      [4, 1],
      [4, 2],
    ]);
    for (const { cell, training, outside, samples, copying } of results.cells) {
      expect(samples.networks).toBe(budget.samples);
      expect(samples.divergence).toBeGreaterThan(0);
      expect(copying.novelty).toBeGreaterThan(0);
      expect(copying.dispersion).toBeGreaterThan(0);
      const isWhole = cell.runs === 4;
      expect(outside).toBe(isWhole ? 0 : 1);
      expect(copying.heldOutNovelty === null).toBe(isWhole);
      expect(training.losses === null).toBe(isWhole);
    }
    const [first, second] = results.cells;
    expect(first!.copying.heldOutNovelty).toBe(second!.copying.heldOutNovelty);
    expect(first!.training.losses).not.toEqual(second!.training.losses);
  });

  it('refuses a zoo with too few runs', async () => {
    const run = await ExperimentRun.open(join(folder, 'few'), budget, {
      openEngine: () => Promise.reject(new Error('needs no engine')),
      onProgress: () => undefined,
    });
    const options = {
      zoo,
      task,
      architecture: small,
      budget: { ...budget, zooSizes: [9] },
      seed: 1,
    };
    await expect(scalingExperiment(run, options)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(/a zoo of 9 runs of 2-4-2 .*got 4/) as unknown,
    });
  });
});
