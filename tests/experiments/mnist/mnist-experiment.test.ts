import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExperimentRun, type ExperimentHost } from '../../../src/experiments/experiment-run.js';
import { MNIST_BUDGETS } from '../../../src/experiments/mnist/budget.js';
import { mnistExperiment } from '../../../src/experiments/mnist/mnist-experiment.js';
import { MNIST_VARIANTS } from '../../../src/experiments/mnist/mnist-recipe.js';
import { readFlowConfig } from '../../../src/flows/flow-store.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';
import { loadTask } from '../../../src/zoo/prepared-task.js';
import { readZoo } from '../../../src/zoo/zoo-file.js';
import { missingData, needs } from '../../support/needs.js';
import { untrainable } from '../hosts.js';

/** The aligned Euclidean flow, and the equivariant Geometric one. */
const variants = [MNIST_VARIANTS[1]!, MNIST_VARIANTS[11]!] as const;
const budget = MNIST_BUDGETS.smoke;

describe(
  'mnistExperiment',
  { ...needs(missingData('mnist/train-images-idx3-ubyte.gz')), timeout: 240_000 },
  () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'weightspring-mnist-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('trains and measures reduced flows, and remembers them, on its zoo and a given one', async () => {
      const task = await loadTask('mnist');
      const path = join(folder, 'run');
      const start = async (host: Partial<ExperimentHost>, given: object = {}) => {
        const run = await ExperimentRun.open(path, budget, { ...untrainable, ...host });
        return mnistExperiment(run, { task, budget, seed: 1, variants, ...given });
      };
      const openEngine = () => Promise.resolve(new OrtEngine({ threads: 1 }));
      const results = await start({ openEngine });

      expect(results.zoo).toMatchObject({ trained: { runs: 2 }, networks: 4 });
      expect(results.zoo.trained.accuracy.mean).toBeGreaterThan(0.8);
      expect(results.zoo.averages.map(({ samples }) => samples)).toEqual([1, 2]);
      expect(results.variants.map(({ wide }) => wide?.length ?? null)).toEqual([null, 1]);
      for (const { variant, samples } of results.variants) {
        expect(samples.map(({ steps, detail }) => [steps, detail !== null])).toEqual([
          [1, false],
          [2, true],
        ]);
        const { averages, divergence, maxErrorIoU, noveltyRatio } = samples[1]!.detail!;
        expect(averages.at(-1)!.accuracy).toBe(samples[1]!.averagedAccuracy);
        expect(divergence).toBeGreaterThan(0);
        expect(maxErrorIoU).toBeGreaterThan(0);
        expect(noveltyRatio).toBeGreaterThan(1);
        const config = await readFlowConfig(join(path, 'flows', variant.name));
        expect(config).toMatchObject({
          inputMetric: { features: 784, rank: budget.rank },
          prior: 'matched',
          timeGrid: 'early',
          steps: { default: 4 },
          bounds: { width: { max: variant.setting === 'aligned' ? 10 : 32 } },
        });
        expect(config.coordinatesSha256).toBeDefined();
      }
      const zoo = await readZoo(join(path, 'zoo.zoo'));
      await rm(join(path, 'zoo.zoo'));
      expect(await start({}, { zoo })).toEqual(results);
    });
  },
);
