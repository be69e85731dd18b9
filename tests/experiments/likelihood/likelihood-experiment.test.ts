import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExperimentRun, type ExperimentHost } from '../../../src/experiments/experiment-run.js';
import { LIKELIHOOD_BUDGETS } from '../../../src/experiments/likelihood/budget.js';
import { likelihoodExperiment } from '../../../src/experiments/likelihood/likelihood-experiment.js';
import { NETWORK_GROUPS } from '../../../src/experiments/likelihood/network-groups.js';
import { WDBC_BUDGETS } from '../../../src/experiments/wdbc/budget.js';
import { thesisZoo } from '../../../src/experiments/thesis/thesis-zoo.js';
import { FLOWS_FOLDER, trainVariants } from '../../../src/experiments/thesis/train-variants.js';
import { WDBC_VARIANTS, wdbcRecipe } from '../../../src/experiments/wdbc/wdbc-recipe.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';
import { loadTask } from '../../../src/zoo/prepared-task.js';
import { missingData, needs } from '../../support/needs.js';
import { untrainable } from '../hosts.js';

const budget = LIKELIHOOD_BUDGETS.smoke;
/** One of each geometry. */
const TRAINED = WDBC_VARIANTS.filter(({ setting }) => setting === 'raw');

describe(
  'likelihoodExperiment',
  { ...needs(missingData('uci/wdbc.csv')), timeout: 240_000 },
  () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'weightspring-likelihood-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('judges networks of every group under flows with a density, and remembers them', async () => {
      const task = await loadTask('wdbc');
      const host = { ...untrainable, openEngine: () => Promise.resolve(new OrtEngine()) };
      const training = await ExperimentRun.open(join(folder, 'training'), {}, host);
      const zoo = await thesisZoo(training, task, { ...WDBC_BUDGETS.smoke, seed: 1 });
      const recipe = wdbcRecipe(WDBC_BUDGETS.smoke);
      await trainVariants(training, TRAINED, { zoo, recipe, seed: 1 });

      const start = async (own: ExperimentHost) =>
        likelihoodExperiment(await ExperimentRun.open(join(folder, 'run'), budget, own), {
          task,
          modelsDir: training.path(FLOWS_FOLDER),
          flows: TRAINED.map(({ name }) => name),
          budget,
          seed: 1,
        });
      const results = await start(host);
      expect(results.flows.map(({ geometry, groups }) => [geometry, groups !== null])).toEqual([
        ['euclidean', true],
        ['normalized', false],
        ['geometric', true],
      ]);
      for (const { groups } of results.flows) {
        for (const group of groups === null ? [] : NETWORK_GROUPS) {
          const bits = groups![group].map(({ bitsPerDimension }) => bitsPerDimension);
          expect(new Set(bits).size, group).toBe(budget.runs);
        }
      }
      expect(await start({ ...host, ...untrainable })).toEqual(results);
    });
  },
);
