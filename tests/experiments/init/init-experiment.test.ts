import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExperimentRun, type ExperimentHost } from '../../../src/experiments/experiment-run.js';
import { INIT_BUDGETS } from '../../../src/experiments/init/budget.js';
import { initExperiment, type InitOptions } from '../../../src/experiments/init/init-experiment.js';
import { recordedUpdates, trainStarts } from '../../../src/experiments/init/train-starts.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';
import { partData } from '../../../src/zoo/prepared-task.js';
import { deep, randomNetworks, small, task } from '../../evaluation/spirals-zoo.js';

const budget = { ...INIT_BUDGETS.smoke, batchSize: 8 };
const other = { ...task, task: 'others', labels: task.labels.map((label) => 1 - label) };

/** A flow whose samples are untrained networks, and whose zoo has four networks of one architecture. */
function experiment(run: ExperimentRun, change: Partial<InitOptions> = {}) {
  const drawn: number[] = [];
  const networks = randomNetworks(small, 4, 5);
  const options = {
    context: {
      task,
      sampler: {
        sampleWeights: ({ architecture, count }: { architecture: typeof small; count: number }) => {
          drawn.push(count);
          return Promise.resolve(
            randomNetworks(architecture, count, 9).map((weights) => ({ weights })),
          );
        },
      },
      zooRuns: (architecture: typeof small) =>
        Promise.resolve(
          architecture === deep
            ? { missing: 'no run of it' }
            : { trained: { source: 'flow', networks }, distances: {} },
        ),
    },
    config: {
      name: 'tiny',
      architectures: [{ ...small, runs: 4, accuracy: 1 }],
      steps: { default: 2, max: 8 },
      solver: 'euler',
      timeGrid: 'uniform',
      stochasticity: 0,
    },
    others: [other],
    architectures: [small, deep],
    budget,
    seed: 1,
    ...change,
  } as unknown as InitOptions;
  return { results: initExperiment(run, options), drawn };
}

describe('initExperiment', { timeout: 120_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-init-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const open = (host: Partial<ExperimentHost> = {}) =>
    ExperimentRun.open(folder, budget, {
      openEngine: () => Promise.resolve(new OrtEngine({ threads: 1 })),
      onProgress: () => undefined,
      ...host,
    });

  it('runs to its end after having been stopped, with every start that there is', async () => {
    const stop = new AbortController();
    const stopped = experiment(
      await open({
        signal: stop.signal,
        onProgress: (_, done) => {
          if (done === 4) stop.abort();
        },
      }),
    );
    await expect(stopped.results).rejects.toMatchObject({ code: 'cancelled' });

    const notes: string[] = [];
    const { results } = experiment(
      await open({ onProgress: (_, done, total, note) => notes.push(`${done}/${total} ${note}`) }),
    );
    const { cases } = await results;
    expect(cases.map((each) => [each.task, each.architecture, each.isInZoo])).toEqual([
      ['spirals', '2-4-2', true],
      ['spirals', '2-5-3-2', false],
      ['others', '2-4-2', true],
      ['others', '2-5-3-2', false],
    ]);
    expect(cases[0]!.curves.map(({ start }) => start)).toEqual([
      'default',
      'he',
      'xavier',
      'gaussian',
      'soup',
      'trained',
      'trained-fresh-output',
      'sampled',
      'sampled-fresh-output',
      'sampled-canonical',
    ]);
    // The zoo has no network with the layers of the deep one.
    expect(cases[1]!.curves.map(({ start }) => start)).toEqual([
      'default',
      'he',
      'xavier',
      'sampled',
      'sampled-fresh-output',
      'sampled-canonical',
    ]);
    for (const { updates, curves } of cases) {
      expect(updates[0]).toBe(0);
      for (const { validation, test, learningRate } of curves) {
        expect(validation).toHaveLength(updates.length);
        expect(test).toHaveLength(updates.length);
        expect(test.every((accuracies) => accuracies.length === budget.runs)).toBe(true);
        expect(budget.optimizers[0]!.learningRates).toContain(learningRate);
      }
    }
    expect(new Set(notes).size).toBe(10);

    const again = experiment(
      await open({ openEngine: () => Promise.reject(new Error('needs no engine')) }),
    );
    expect((await again.results).cases).toEqual(cases);
    expect(again.drawn).toEqual([]);
  });
});

describe('trainStarts', { timeout: 60_000 }, () => {
  const starts = randomNetworks(small, 2, 3);
  const train = (learningRates: readonly number[], judge: (curve: readonly number[]) => number) =>
    trainStarts({
      task,
      architecture: small,
      starts,
      trial: { ...budget.optimizers[0]!, learningRates },
      budget,
      seed: 1,
      engine: new OrtEngine({ threads: 1 }),
      signal: undefined,
      validation: partData(task, 'validation'),
      test: partData(task, 'test'),
      judge,
    });
  const last = (curve: readonly number[]): number => curve.at(-1)!;

  it('measures the start itself first, and the rate that it is told is best', async () => {
    expect(recordedUpdates(task, budget)).toEqual([0, 1, 2, 3, 5, 7]);
    const slow = await train([1e-12, 0.1], (curve) => -Math.abs(last(curve) - curve[0]!));
    expect(slow.learningRate).toBe(1e-12);
    expect(slow.test.every((row) => row.join() === slow.test[0]!.join())).toBe(true);
    const fast = await train([1e-12, 0.1], (curve) => Math.abs(last(curve) - curve[0]!));
    expect(fast.learningRate).toBe(0.1);
    expect(fast.test[0]).toEqual(slow.test[0]);
    expect(fast.test.at(-1)).not.toEqual(slow.test.at(-1));
  });

  it('leaves out rates that diverge, and says so where all do', async () => {
    expect((await train([1e30, 0.01], last)).learningRate).toBe(0.01);
    await expect(train([1e30], last)).rejects.toMatchObject({ code: 'diverged' });
  });
});
