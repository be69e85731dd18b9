import { beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import type { Engine } from '../../src/training/engine.js';
import { TfjsEngine } from '../../src/training/tfjs-engine.js';
import { errorCount } from '../../src/zoo/error-set.js';
import { loadTask } from '../../src/zoo/prepared-task.js';
import { zooRecipe } from '../../src/zoo/recipes.js';
import { trainZoo, type ZooOptions, type ZooProgress } from '../../src/zoo/train-zoo.js';
import type { Zoo } from '../../src/zoo/zoo.js';
import { missingData, needs } from '../support/needs.js';

const options: ZooOptions = {
  task: 'spirals',
  architectures: [
    { architecture: architecture([2, 16, 16, 2]), runs: 3 },
    { architecture: architecture([2, 24, 2]), runs: 2 },
  ],
  training: { ...zooRecipe('spirals').training, epochs: 60 },
  split: { seed: 1 },
  seed: 4,
};
/** Three epochs of one small network. */
const brief: ZooOptions = {
  ...options,
  architectures: [{ architecture: architecture([2, 4, 2]), runs: 2 }],
  training: { ...options.training, epochs: 3, snapshots: { ignoreEpochs: 1, perRun: 3 } },
};

let engine: Engine;
beforeAll(async () => {
  engine = await TfjsEngine.load({ backends: ['tfjs-wasm'], log: () => undefined });
});

describe('trainZoo', () => {
  const progress: ZooProgress[] = [];
  let zoo: Zoo;
  beforeAll(async () => {
    zoo = await trainZoo(options, { engine, onProgress: (step) => progress.push(step) });
  });

  it('trains networks that solve the task', () => {
    // A straight border reaches .70; the smaller architecture with 60 epochs is still learning.
    const accuracies = zoo.finalsOf(0).map(({ test }) => test.accuracy);
    expect(Math.min(...accuracies)).toBeGreaterThan(0.9);
    expect(zoo.finalsOf(1).length).toBe(2);
  });

  it('keeps ten snapshots of every run, the last one final', () => {
    for (const [index, runs] of [3, 2].entries()) {
      expect(zoo.networksOf(index).length).toBe(10 * runs);
      const finals = zoo.finalNetworksOf(index);
      expect(finals.map(({ run }) => run)).toEqual(Array.from({ length: runs }, (_, run) => run));
      const last = Math.max(...zoo.networksOf(index).map(({ step }) => step));
      expect(finals.every(({ step }) => step === last)).toBe(true);
    }
  });

  it('records errors over the whole data set that agree with the accuracies', () => {
    const { train, validation, test, errors } = zoo.finalsOf(1)[0]!;
    const right = 360 * train.accuracy + 60 * validation.accuracy + 180 * test.accuracy;
    expect(errorCount(errors)).toBe(Math.round(600 - right));
  });

  it('records what it takes to do it again', () => {
    expect(zoo.header).toMatchObject({
      task: 'spirals',
      data: { rows: 600, featureNames: ['x', 'y'] },
      split: { seed: 1, validationFraction: 0.1, testFraction: 0.3 },
      seed: 4,
      engine: 'tfjs-wasm',
      alignment: null,
      training: options.training,
    });
  });

  it('reports steady progress up to the whole', () => {
    const { done, total } = progress.at(-1)!;
    expect(done).toBe(total);
    expect(progress.every(({ done }, i) => i === 0 || done > progress[i - 1]!.done)).toBe(true);
  });
});

describe('trainZoo, briefly', () => {
  it('gives the same zoo again, and another for another seed', async () => {
    const [first, again, other] = await Promise.all([
      trainZoo(brief, { engine }),
      trainZoo(brief, { engine }),
      trainZoo({ ...brief, seed: 5 }, { engine }),
    ]);
    expect(again.networks).toEqual(first.networks);
    expect(other.networks[0]!.weights).not.toEqual(first.networks[0]!.weights);
  });

  it('trains on the training part only', async () => {
    const task = await loadTask('spirals', { split: { seed: 1 } });
    const seen = new Set<number>();
    const watching: Engine = {
      name: 'watching',
      async compile(program) {
        const compiled = await engine.compile(program);
        return {
          evaluate(parameters, inputs) {
            inputs[0]!.data.forEach((value) => seen.add(value));
            return compiled.evaluate(parameters, inputs);
          },
          dispose: () => compiled.dispose(),
        };
      },
    };
    await trainZoo(brief, { engine: watching });
    const xOf = (rows: Int32Array): number[] => [...rows].map((row) => task.features[2 * row]!);
    expect(xOf(task.split.train).some((x) => seen.has(x))).toBe(true);
    const held = [...xOf(task.split.validation), ...xOf(task.split.test)];
    expect(held.filter((x) => seen.has(x))).toEqual([]);
  });

  it('can be cancelled between steps', async () => {
    const controller = new AbortController();
    const training = trainZoo(brief, {
      engine,
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 6) controller.abort();
        expect(done).toBeLessThanOrEqual(6);
      },
    });
    await expect(training).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([
    ['no architecture', [], /at least one/],
    ['another input width', [{ architecture: architecture([3, 4, 2]), runs: 1 }], /2 inputs and 2/],
    ['another output width', [{ architecture: architecture([2, 4, 3]), runs: 1 }], /got 2-4-3/],
    [
      'more weights than anyone trains',
      [{ architecture: architecture([2, 100_000, 100_000, 2]), runs: 1 }],
      /at most 67108864 weights, got 10000600002/,
    ],
    ['no runs', [{ architecture: architecture([2, 4, 2]), runs: 0 }], /positive integer, got 0/],
    [
      'an architecture twice',
      [1, 2].map((runs) => ({ architecture: architecture([2, 4, 2]), runs })),
      /2-4-2\/relu is listed twice/,
    ],
  ])('refuses %s', async (_, architectures, message) => {
    const training = trainZoo({ ...brief, architectures }, { engine });
    await expect(training).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(training).rejects.toThrow(message);
  });

  it('reaches the accuracy of its recipe on WDBC', needs(missingData('uci/wdbc.csv')), async () => {
    const { training, architectures } = zooRecipe('wdbc');
    const few = [{ architecture: architectures[0]!.architecture, runs: 10 }];
    const zoo = await trainZoo({ task: 'wdbc', training, architectures: few }, { engine });
    const mean = (name: 'accuracy' | 'crossEntropy' | 'ece'): number =>
      zoo.finals.reduce((sum, { test }) => sum + test[name], 0) / zoo.finals.length;
    // Measured over 100 runs: .986, .085 and .017.
    expect(mean('accuracy')).toBeGreaterThan(0.97);
    expect(mean('crossEntropy')).toBeLessThan(0.11);
    expect(mean('ece')).toBeLessThan(0.03);
  });
});
