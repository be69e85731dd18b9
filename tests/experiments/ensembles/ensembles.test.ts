import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENSEMBLES_BUDGETS } from '../../../src/experiments/ensembles/budget.js';
import {
  ensembleCurve,
  ensemblePoint,
  type EnsemblePoint,
} from '../../../src/experiments/ensembles/ensemble-figures.js';
import { ensemblesChecks } from '../../../src/experiments/ensembles/ensembles-checks.js';
import {
  ensemblesExperiment,
  type EnsemblesOptions,
  type EnsemblesResults,
} from '../../../src/experiments/ensembles/ensembles-experiment.js';
import { ensemblesFiles } from '../../../src/experiments/ensembles/ensembles-page.js';
import { ExperimentRun } from '../../../src/experiments/experiment-run.js';
import { createPace } from '../../../src/pace.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';
import type { BaseTraining } from '../../../src/zoo/base-trainer.js';
import { randomNetworks, small, task } from '../../evaluation/spirals-zoo.js';

const training: BaseTraining = {
  optimizer: { kind: 'sgd' },
  learningRate: 0.1,
  schedule: { kind: 'constant' },
  epochs: 1,
  batchSize: 16,
  snapshots: { ignoreEpochs: 0, perRun: 1 },
};

describe('ensembleCurve', () => {
  // Two rows of class 0 and 1, the foreign one uncertain.
  const labels = Uint8Array.of(0, 1);
  const member = (first: number, second: number, foreign: number) => ({
    own: Float64Array.of(first, 1 - first, second, 1 - second),
    foreign: Float64Array.of(foreign, 1 - foreign),
  });

  it('measures the mean of the probabilities', () => {
    const point = ensemblePoint([member(0.9, 0.3, 0.5), member(0.7, 0.9, 0.5)], labels);
    // Means: .8 for the first row; .6, wrong, for the second.
    expect(point.accuracy).toBe(0.5);
    expect(point.crossEntropy).toBeCloseTo(-(Math.log(0.8) + Math.log(0.4)) / 2, 12);
    // The wrong answer has more entropy than the right one, the foreign row more than both.
    expect(point.errorAuroc).toBe(1);
    expect(point.foreignAuroc).toBe(1);
    // Members agree about the foreign row, and disagree about the others.
    expect(point.foreignAurocByInformation).toBe(0);
  });

  it('is the mean over disjoint groups, with nothing where there is nothing to tell', async () => {
    const members = [member(0.9, 0.1, 0.5), member(0.6, 0.4, 0.5), member(0.8, 0.2, 0.5)];
    const curve = await ensembleCurve(members, labels, createPace());
    expect(curve.map((point) => point.members)).toEqual([1, 2, 3]);
    const singles = members.map((each) => ensemblePoint([each], labels).crossEntropy);
    expect(curve[0]!.crossEntropy).toBeCloseTo((singles[0]! + singles[1]! + singles[2]!) / 3, 12);
    expect(curve[0]!.foreignAurocByInformation).toBeNull();
    // The third member is in no group of two.
    expect(curve[1]!.crossEntropy).toBe(ensemblePoint(members.slice(0, 2), labels).crossEntropy);
    // All answers are right.
    expect(curve[2]!.errorAuroc).toBeNull();
    const alone = members.map(({ own }) => ({ own, foreign: null }));
    expect((await ensembleCurve(alone, labels, createPace()))[2]!.foreignAuroc).toBeNull();
  });
});

describe('ensemblesExperiment', { timeout: 120_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-ensembles-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('compares samples with trained networks and dropout, each once', async () => {
    const budget = ENSEMBLES_BUDGETS.smoke;
    let drawn = 0;
    const options = {
      context: {
        task,
        sampler: {
          sampleWeights: () => {
            drawn++;
            return Promise.resolve(
              randomNetworks(small, budget.members, 9).map((weights) => ({ weights })),
            );
          },
        },
      },
      config: { name: 'tiny', steps: { default: 3 }, solver: 'euler' },
      zooRecord: { seed: 1, training },
      architecture: small,
      foreign: { name: 'others', features: task.features.map((value) => 5 * value) },
      budget,
      seed: 1,
    } as unknown as EnsemblesOptions;
    const open = () =>
      ExperimentRun.open(folder, budget, {
        openEngine: () => Promise.resolve(new OrtEngine({ threads: 1 })),
        onProgress: () => undefined,
      });
    const results = await ensemblesExperiment(await open(), options);
    expect(results).toMatchObject({ flow: 'tiny', architecture: '2-4-2', steps: 3 });
    for (const { curve } of [results.sampled, results.trained, results.dropout]) {
      expect(curve.map(({ members }) => members)).toEqual([1, 2]);
      expect(curve[1]!.foreignAuroc).toBeGreaterThan(0);
    }
    expect(budget.dropoutRates).toContain(results.dropout.rate);
    expect(results.dropout.secondsPerMember).toBe(0);
    expect(results.trained.secondsPerMember).toBeGreaterThan(0);
    expect(await ensemblesExperiment(await open(), options)).toEqual(results);
    // Once to open the flow, once to be timed.
    expect(drawn).toBe(2);
  });
});

describe('page and checks', () => {
  const point = (members: number, crossEntropy: number, ece: number): EnsemblePoint => ({
    members,
    accuracy: 0.95,
    crossEntropy,
    ece,
    errorAuroc: 0.9,
    foreignAuroc: null,
    foreignAurocByInformation: null,
  });
  const results: EnsemblesResults = {
    flow: 'mnist',
    task: 'mnist',
    architecture: '784-32-10',
    steps: 2,
    training,
    foreign: null,
    sampled: {
      curve: [point(1, 0.3, 0.02), point(64, 0.14, 0.01)],
      secondsPerMember: 0.01,
      secondsBefore: 0,
    },
    trained: {
      curve: [point(1, 0.3, 0.02), point(16, 0.15, 0.005), point(64, 0.1, 0.001)],
      secondsPerMember: 2,
      secondsBefore: 0,
    },
    dropout: { rate: 0.1, curve: [point(64, 0.2, 0.01)], secondsPerMember: 0, secondsBefore: 2 },
  };

  it('compares all samples with sixteen trained networks', () => {
    const checks = ensemblesChecks(results);
    expect(checks.map(({ isMet }) => isMet)).toEqual([true, false, true]);
    expect(checks.map(({ found }) => found)).toEqual([
      '0.1400 and 0.1500',
      '0.0100 and 0.0050',
      '2.00 %',
    ]);
  });

  it('has a table for each kind of member, with the time to make them', () => {
    const files = ensemblesFiles({ results, budget: ENSEMBLES_BUDGETS.full, command: 'x' });
    const page = files.get('ensembles.md')!;
    expect([...files.keys()]).toHaveLength(3);
    expect(page).toContain('## Monte-Carlo dropout, rate 0.1');
    const seconds = page
      .split('\n')
      .filter((line) => /^\|\s+64 /.test(line))
      .map((line) => line.split('|').at(-2)!.trim());
    expect(seconds).toEqual(['0.640', '128', '2.00']);
    expect(page).not.toMatch(/NaN|undefined|null/);
  });
});
