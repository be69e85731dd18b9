import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spirals } from '../../../src/data/spirals.js';
import { ExperimentRun } from '../../../src/experiments/experiment-run.js';
import { TRANSFER_BUDGETS } from '../../../src/experiments/transfer/budget.js';
import { transferChecks } from '../../../src/experiments/transfer/transfer-checks.js';
import {
  transferExperiment,
  type TransferCase,
  type TransferOptions,
} from '../../../src/experiments/transfer/transfer-experiment.js';
import { transferFiles } from '../../../src/experiments/transfer/transfer-page.js';
import type { Guide } from '../../../src/flows/guide.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';
import { fitInputSpectrum, inputMetricOf } from '../../../src/training/fit-input-metric.js';
import type { DrawJob } from '../../../src/sampling/sample-job.js';
import type { BaseTraining } from '../../../src/zoo/base-trainer.js';
import { prepareTask } from '../../../src/zoo/prepared-task.js';
import { constantNetwork, randomNetworks, small } from '../../evaluation/spirals-zoo.js';

const budget = TRANSFER_BUDGETS.smoke;
const training: BaseTraining = {
  optimizer: { kind: 'sgd' },
  learningRate: 0.1,
  schedule: { kind: 'constant' },
  epochs: 30,
  batchSize: 16,
  snapshots: { ignoreEpochs: 0, perRun: 1 },
};

describe('transferExperiment', { timeout: 120_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-transfer-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('takes the strength that is best on validation rows, once for every way and steps', async () => {
    const dataset = spirals({ rowsPerClass: 60 });
    const task = prepareTask(dataset);
    const jobs: DrawJob[] = [];
    const options: TransferOptions = {
      sampler: {
        sampleWeights: (job) => {
          jobs.push(job);
          // Strength 3 harms: every row becomes class 0. The other strengths do some good.
          const networks =
            job.guide?.strength === 3
              ? [constantNetwork(small, 0), constantNetwork(small, 0)]
              : randomNetworks(small, 2, 4);
          return Promise.resolve(networks.map((weights, index) => ({ index, weights })));
        },
      },
      plans: [
        {
          config: {
            name: 'tiny',
            task: 'others',
            // Not the spirals' own.
            standardisation: { mean: [0.3, -0.1], scale: [2, 0.5] },
          },
          zooRecord: { seed: 1, training },
          inputMetric: inputMetricOf(await fitInputSpectrum(task.features, 2), 1),
          dataset,
          task,
          architecture: small,
        } as unknown as TransferOptions['plans'][number],
      ],
      budget,
      seed: 5,
    };
    const open = () =>
      ExperimentRun.open(folder, budget, {
        openEngine: () => Promise.resolve(new OrtEngine({ threads: 1 })),
        onProgress: () => undefined,
      });
    const [found] = await transferExperiment(await open(), options);
    expect(found).toMatchObject({ flow: 'tiny', from: 'others', to: 'spirals' });
    expect(found!.guided.map(({ steps, gradients }) => [steps, gradients])).toEqual([
      [2, 2],
      [4, 4],
      [2, 4],
      [4, 8],
    ]);
    const strengths = found!.guided.map(({ strength }) => strength);
    expect(strengths.slice(2)).toEqual([0.1, 0.1]);
    // Guides hold the raw training rows only.
    const guides = jobs.flatMap(({ guide }): Guide[] => (guide === undefined ? [] : [guide]));
    for (const { data } of guides) expect(data.labels).toHaveLength(task.split.train.length);
    // Trained networks fit better than one direction of two lets them.
    expect(found!.truncated!.directions).toBe(1);
    expect(found!.truncated!.accuracy).toBeLessThan(found!.trained.accuracy);
    expect(found!.brief.accuracy).toBeLessThanOrEqual(found!.trained.accuracy + 0.1);
    const drawn = jobs.length;
    expect(await transferExperiment(await open(), options)).toEqual([found]);
    expect(jobs).toHaveLength(drawn);
  });
});

describe('page and checks', () => {
  const figure = (accuracy: number) => ({ accuracy, worst: accuracy - 0.1, crossEntropy: 1 });
  const guided = (way: string, steps: number, accuracy: number) => ({
    way,
    steps,
    strength: 1,
    gradients: steps,
    seconds: 2,
    ...figure(accuracy),
  });
  const cases: TransferCase[] = [
    {
      flow: 'mnist',
      from: 'mnist',
      to: 'fashion-mnist',
      architecture: '784-64-10',
      unguided: figure(0.1),
      guided: [guided('a', 64, 0.81), guided('b', 16, 0.7), guided('b', 256, 0.9)],
      brief: { ...figure(0.8), seconds: 3 },
      trained: figure(0.87),
      truncated: { ...figure(0.82), directions: 128 },
    },
    {
      flow: 'tiny',
      from: 'x',
      to: 'y',
      architecture: '2-4-2',
      unguided: figure(0.1),
      guided: [guided('a', 64, 0.79), guided('a', 256, 0.9)],
      brief: { ...figure(0.8), seconds: 3 },
      trained: figure(0.87),
      truncated: null,
    },
  ];

  it('asks for .80 in at most 64 steps', () => {
    const checks = transferChecks(cases);
    expect(checks.map(({ isMet }) => isMet)).toEqual([true, false]);
    expect(checks.map(({ found }) => found)).toEqual([
      '0.8100 in 64 steps, a',
      '0.7900 in 64 steps, a',
    ]);
  });

  it('has a table and a chart for every case', () => {
    const files = transferFiles({ cases, budget: TRANSFER_BUDGETS.full, command: 'x' });
    expect([...files.keys()]).toEqual([
      'transfer.md',
      'transfer-mnist-to-fashion-mnist.svg',
      'transfer-tiny-to-y.svg',
    ]);
    const page = files.get('transfer.md')!;
    expect(page).toContain('truncated to 128 directions');
    expect(page.match(/truncated to/g)).toHaveLength(1);
    expect(page).not.toMatch(/NaN|undefined|null/);
    expect(files.get('transfer-mnist-to-fashion-mnist.svg')).toContain('trained, truncated');
  });
});
