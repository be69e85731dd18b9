import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExperimentRun, type ExperimentHost } from '../../../src/experiments/experiment-run.js';
import { WDBC_BUDGETS } from '../../../src/experiments/wdbc/budget.js';
import { WDBC_VARIANTS } from '../../../src/experiments/wdbc/wdbc-recipe.js';
import { wdbcExperiment } from '../../../src/experiments/wdbc/wdbc-experiment.js';
import { SOLVERS } from '../../../src/flow/solvers/solver.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';
import { loadTask } from '../../../src/zoo/prepared-task.js';
import { missingData, needs } from '../../support/needs.js';

/** One of each geometry, as trained, aligned and equivariant. */
const variants = [WDBC_VARIANTS[0]!, WDBC_VARIANTS[5]!, WDBC_VARIANTS[11]!] as const;
const budget = { ...WDBC_BUDGETS.smoke, updates: 2, pairs: 1, samples: 2 };

describe('wdbcExperiment', { ...needs(missingData('uci/wdbc.csv')), timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-wdbc-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('runs to its end after having been stopped in the middle of a training', async () => {
    const task = await loadTask('wdbc');
    const start = (host: Pick<ExperimentHost, 'onProgress' | 'signal'>) =>
      ExperimentRun.open(folder, budget, {
        openEngine: () => Promise.resolve(new OrtEngine()),
        ...host,
      }).then((run) => wdbcExperiment(run, { task, budget, seed: 1, variants }));

    const [first, second, third] = variants;
    const stop = new AbortController();
    const stopped = start({
      signal: stop.signal,
      onProgress: (stage) => {
        if (stage === `train ${second.name}`) stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });

    const updates: string[] = [];
    const results = await start({
      onProgress: (stage, done) => {
        if (stage.startsWith('train ')) updates.push(`${stage} ${done}`);
      },
    });
    expect(updates.filter((update) => update.startsWith(`train ${first.name} `))).toEqual([]);
    expect(updates.slice(0, 2)).toEqual([`train ${second.name} 2`, `train ${third.name} 1`]);

    expect(results.variants.map(({ variant }) => variant)).toEqual(variants);
    for (const { training, samples } of results.variants) {
      expect(training.loss).toBeGreaterThan(0);
      expect(samples).toHaveLength(SOLVERS.length * budget.steps.length);
      for (const { accuracy, crossEntropy } of samples) {
        expect(accuracy.mean).toBeGreaterThanOrEqual(0);
        expect(crossEntropy.mean).toBeGreaterThan(0);
      }
    }
    expect(results.zoo).toMatchObject({ trained: { runs: budget.runs }, networks: 15 });
    expect(results.snapshots.accuracy.mean).toBeGreaterThan(0.9);
    expect(results.barriers.none).toHaveLength(1);
    expect(results.barriers.weights[0]!.train).toBeLessThan(results.barriers.none[0]!.train);
  });
});
