import { describe, expect, it } from 'vitest';
import { buildReference } from '../../../src/evaluation/build-reference.js';
import { measureNetworks } from '../../../src/evaluation/measure-network.js';
import { runsOfFlow, runsOfZoo } from '../../../src/evaluation/zoo-runs.js';
import { ArchitectureScrutiny } from '../../../src/evaluation/scrutiny/architecture-scrutiny.js';
import { fullUpdates, trainBriefly } from '../../../src/evaluation/scrutiny/brief-training.js';
import type { Scrutiny } from '../../../src/evaluation/scrutiny/scrutiny.js';
import {
  contendersTable,
  diversityTable,
} from '../../../src/evaluation/scrutiny/scrutiny-tables.js';
import { fitCoordinates } from '../../../src/flow/fit-coordinates.js';
import { architecture, architectureKey } from '../../../src/network/architecture.js';
import { initialise } from '../../../src/network/initialise.js';
import { networkOf } from '../../../src/network/network.js';
import { Random } from '../../../src/random.js';
import { numericalEngine } from '../../support/numerical-engine.js';
import { makeZoo, shuffled, small, task } from '../spirals-zoo.js';

const unseen = architecture([2, 6, 2]);
const runs = Array.from({ length: 16 }, (_, k) =>
  new Random(k, 'run').normals(networkOf(small).parameters),
);
const zoo = makeZoo([[small, runs]]);
const reference = await buildReference(zoo, task);
const coordinates = await fitCoordinates([{ architecture: small, networks: runs }], 'geometric');
const zooRuns = runsOfZoo(zoo, coordinates);

async function scrutinise(
  networks: readonly Float32Array[],
  arch = small,
  record: { zooRecord: { seed: number; training: typeof training } | null } = { zooRecord: null },
): Promise<Scrutiny> {
  const by = new ArchitectureScrutiny({
    architecture: arch,
    task,
    reference,
    zooRuns: await zooRuns(arch),
    ...record,
    samples: networks.length,
    seed: 1,
    openEngine: () => Promise.resolve(numericalEngine),
  });
  const measured = await measureNetworks(arch, networks, task);
  const report = () => undefined;
  return by.full({ networks, measured, samplingMsPerNetwork: 0 }, report, undefined);
}

const training = { ...zoo.header.training, batchSize: 40 };

describe('ArchitectureScrutiny', () => {
  it('knows copies of the runs, whatever the order of their neurons', async () => {
    const copies = runs.map((weights, k) => shuffled(small, weights, k));
    const { samples, trained, diversity, diversityRatio } = await scrutinise(copies);
    expect(samples.distance).toMatchObject({ novel: 0, networks: 16 });
    expect(samples.distance?.medianRatio).toBeLessThan(1e-3);
    expect(samples.maxErrorIoU).toBe(1);
    // The trained runs are compared with the others only.
    expect(trained).toMatchObject({ source: 'zoo-file', runs: 16 });
    expect(trained?.zoo?.distance?.medianRatio).toBeCloseTo(1, 12);
    expect(trained?.zoo?.distance?.novel).toBeCloseTo(15 / 16, 12);
    expect(trained?.zoo?.maxErrorIoU).toBe(reference.architectures[0]?.independentMaxErrorIoU);
    expect(diversity?.divergence).toBeCloseTo(trained?.diversity?.divergence ?? NaN, 6);
    expect(diversityRatio?.errorOverlap).toBeCloseTo(1, 6);
  });

  it('takes other networks like the runs for novel', async () => {
    const others = Array.from({ length: 16 }, (_, k) =>
      new Random(k, 'other').normals(networkOf(small).parameters),
    );
    const { samples, distanceScale } = await scrutinise(others);
    expect(distanceScale?.fifthPercentile).toBeLessThan(distanceScale?.median ?? 0);
    expect(samples.distance?.medianRatio).toBeGreaterThan(0.7);
    expect(samples.distance?.medianRatio).toBeLessThan(1.4);
  });

  it('says the same of samples in another order', async () => {
    const some = runs.slice(0, 4).map((run) => run.map((value) => value + 0.1));
    const [one, turned] = [await scrutinise(some), await scrutinise([...some].reverse())];
    expect(turned.samples.distance).toEqual(one.samples.distance);
    expect(turned.diversity?.divergence).toBeCloseTo(one.diversity?.divergence ?? NaN, 12);
    expect(turned.nulls).toEqual(one.nulls);
  });

  it('makes all nulls of the runs, and says what is missing', async () => {
    const { nulls, notes, heldOut } = await scrutinise(runs.slice(0, 8));
    expect(nulls).toMatchObject({
      interpolation: { members: 2, networks: 8, bestOf: { networks: 1 } },
      soup: { members: 16 },
      principalGaussian: { networks: 8, distance: { networks: 8 } },
      runPlusNoise: { networks: 8, distance: { networks: 8 } },
      sameTime: null,
    });
    expect(nulls.principalGaussian?.components).toBeLessThan(16);
    expect(heldOut).toBeNull();
    expect(notes.join('\n')).toMatch(/same time: .*\n.*held-out/);
  });

  it('has nothing to compare an architecture with that the zoo has not', async () => {
    const networks = [0, 1].map((k) => initialise(unseen, new Random(k)));
    const { samples, bars, trained, nulls, notes } = await scrutinise(networks, unseen);
    expect(samples.distance).toBeNull();
    expect([bars, trained, nulls.interpolation]).toEqual([null, null, null]);
    expect(notes[0]).toMatch(/no distances, .*the zoo has no run of 2-6-2/);
  });

  it('trains for the time of sampling: none leaves networks as they begin', async () => {
    const { nulls } = await scrutinise(runs.slice(0, 2), small, {
      zooRecord: { seed: 3, training },
    });
    expect(nulls.sameTime).toMatchObject({ networks: 2, updates: 0, samplingMsPerNetwork: 0 });
    expect(nulls.sameTime?.updateMsPerNetwork).toBeGreaterThan(0);
  });

  it('is shown in tables with as many cells as columns', async () => {
    const scrutiny = await scrutinise(runs.slice(0, 8));
    for (const { columns, rows } of [contendersTable(scrutiny), diversityTable(scrutiny)]) {
      for (const row of rows) expect(row).toHaveLength(columns.length);
    }
    const names = contendersTable(scrutiny).rows.map(([name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(['samples', 'samples, best of 8', 'trained', 'soup of 16']),
    );
  });
});

describe('trainBriefly', () => {
  const options = { networks: 2, training, seed: 5, engine: numericalEngine };

  it('takes as many updates as it is given', async () => {
    const steps: number[] = [];
    await trainBriefly(small, task, 1, { ...options, onStep: (step) => steps.push(step) });
    expect(steps).toEqual([1]);
    expect(fullUpdates(task, { epochs: 3, batchSize: 40 })).toBe(
      3 * Math.floor(task.split.train.length / 40),
    );
  });

  it('begins as every training of that seed', async () => {
    const key = architectureKey(small);
    expect(await trainBriefly(small, task, 0, options)).toEqual(
      [0, 1].map((run) => initialise(small, new Random(5, 'initialise', key, run))),
    );
  });
});

describe('runsOfFlow', () => {
  it('says that a flow keeps none', async () => {
    const none = runsOfFlow({ architectures: [] }, null, undefined);
    expect(await none(small)).toEqual({ missing: expect.stringMatching(/--zoo/) as unknown });
  });

  it('gives back the networks that it keeps, up to float16', async () => {
    const { keepRuns } = await import('../../../src/flows/kept-runs.js');
    const kept = await keepRuns(zoo, coordinates);
    const record = { layers: [2, 4, 2], activation: 'relu' as const, runs: 16, accuracy: 0.5 };
    const found = await runsOfFlow({ architectures: [record] }, kept, undefined)(small);
    if ('missing' in found) throw new Error(found.missing);
    expect(found.trained.source).toBe('flow');
    const [own] = await measureNetworks(small, [runs[0]!], task);
    const [read] = await measureNetworks(small, [found.trained.networks[0]!], task);
    expect(read?.test.crossEntropy).toBeCloseTo(own?.test.crossEntropy ?? NaN, 2);
    expect(found.distances.nearest(runs[0]!)).toBeLessThan(
      0.05 * (found.distances.scale?.median ?? 0),
    );
  });
});
