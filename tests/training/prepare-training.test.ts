import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { Random } from '../../src/random.js';
import { chooseRank } from '../../src/training/choose-rank.js';
import { fitInputSpectrum, inputMetricOf } from '../../src/training/fit-input-metric.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../src/training/flow-training-config.js';
import {
  INPUT_METRIC_FILE,
  keepInputMetric,
  keptInputMetric,
} from '../../src/training/kept-input-metric.js';
import { prepareTraining } from '../../src/training/prepare-training.js';
import type { Watcher } from '../../src/pace.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';

const ARCH = architecture([6, 5, 4, 3]);
const DATA = new Random(1, 'rows').normals(6 * 300);
const NETWORKS = Array.from({ length: 7 }, (_, seed) =>
  new Random(seed, 'network').normals(networkOf(ARCH).parameters),
);
const POPULATION = [{ architecture: ARCH, networks: NETWORKS }];
const spectrum = await fitInputSpectrum(DATA, 6);
const metric = inputMetricOf(spectrum, 4);

function configOf(changes: Partial<FlowTrainingConfig>): FlowTrainingConfig {
  const points = [changes.inputMetric === undefined ? ARCH : metric.reducedArchitecture(ARCH)];
  const chosen = { width: 8, blocks: 1, heads: 2 };
  return {
    ...FLOW_TRAINING_DEFAULTS,
    velocity: chooseVelocityConfig('neuron-transformer', points, chosen),
    geometry: 'geometric',
    ...changes,
  };
}

const BEHAVIOUR = { weight: 0.5, rows: 4 };
const phases: Readonly<Record<string, (watcher: Watcher) => Promise<unknown>>> = {
  'the spectrum of inputs': (watcher) => fitInputSpectrum(DATA, 6, watcher),
  'the rank of an input metric': (watcher) =>
    chooseRank(spectrum, { finals: POPULATION, rows: DATA }, watcher),
  'a plain population': (watcher) => prepareTraining(POPULATION, configOf({}), {}, watcher),
  'a Euclidean population': (watcher) =>
    prepareTraining(POPULATION, configOf({ geometry: 'euclidean' }), {}, watcher),
  'a population with all options': (watcher) =>
    prepareTraining(
      POPULATION,
      configOf({ prior: 'matched', inputMetric: 4, behaviour: BEHAVIOUR }),
      { inputMetric: metric, rows: DATA },
      watcher,
    ),
};

describe.each(Object.entries(phases))('the preparation of %s', (_name, phase) => {
  it('says how far it is, up to its end', async () => {
    const seen: (readonly [number, number])[] = [];
    await phase({ onProgress: (done, total) => seen.push([done, total]) });
    const [, total] = seen[0]!;
    expect(total).toBeGreaterThan(3);
    for (const [done, all] of seen) {
      expect(all).toBe(total);
      expect(done).toBeLessThanOrEqual(total);
    }
    // A bisection may find its answer a step early.
    expect(seen.at(-1)![0]).toBeGreaterThan(0.6 * total);
  });

  it('stops wherever it is told to', async () => {
    let units = 0;
    await phase({ onProgress: () => units++ });
    // After the last unit there is nothing left to stop.
    for (let after = 1; after < units; after += Math.max(1, Math.floor(units / 8))) {
      const stop = new AbortController();
      let done = 0;
      const stopped = phase({
        signal: stop.signal,
        onProgress: () => {
          done++;
          if (done === after) stop.abort();
        },
      });
      await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
      expect(done).toBe(after);
    }
  });
});

describe('the input metric of a run', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-metric-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is kept to the bit, for what it was made of only', async () => {
    expect(await keptInputMetric(folder, { data: 'a' })).toBeNull();
    await keepInputMetric(folder, metric, { data: 'a' });
    expect((await keptInputMetric(folder, { data: 'a' }))?.moments).toEqual(metric.moments);
    expect(await keptInputMetric(folder, { data: 'b' })).toBeNull();
    await writeFile(join(folder, INPUT_METRIC_FILE), 'damaged');
    await expect(keptInputMetric(folder, { data: 'a' })).rejects.toMatchObject({
      code: 'data-corrupt',
    });
  });
});
