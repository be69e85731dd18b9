import { describe, expect, it } from 'vitest';
import { networkOf } from '../../src/network/network.js';
import { baselineSizes, buildReference } from '../../src/evaluation/build-reference.js';
import {
  errorSetsOf,
  findArchitecture,
  parseReference,
  zooErrorSets,
} from '../../src/evaluation/reference.js';
import { Random } from '../../src/random.js';
import { spirals } from '../../src/data/spirals.js';
import { intersectionOverUnion } from '../../src/zoo/error-set.js';
import { prepareTask } from '../../src/zoo/prepared-task.js';
import { deep, makeZoo, randomNetworks, shuffled, small, task } from './spirals-zoo.js';

const zoo = makeZoo([
  [small, randomNetworks(small, 16, 1)],
  [deep, randomNetworks(deep, 3, 2)],
]);
const reference = await buildReference(zoo, task);

describe('buildReference', () => {
  it('summarises the final networks on the test part', () => {
    const finals = zoo.finalsOf(1).map(({ test }) => test);
    const entry = findArchitecture(reference, deep);
    const accuracies = finals.map(({ accuracy }) => accuracy);
    expect(entry?.runs).toBe(3);
    expect(entry?.accuracy.mean).toBeCloseTo(accuracies.reduce((a, b) => a + b) / 3, 12);
    expect(entry?.accuracy.min).toBe(Math.min(...accuracies));
    expect(entry?.ece.mean).toBeCloseTo(finals.reduce((sum, { ece }) => sum + ece, 0) / 3, 12);
  });

  it('compares every final network with all others of the zoo', () => {
    const largest = zoo.finalsOf(1).map((own) =>
      zoo.finals
        .filter((other) => other !== own)
        .map(({ errors }) => intersectionOverUnion(own.errors, errors))
        .reduce((a, b) => Math.max(a, b)),
    );
    expect(reference.architectures[1]?.independentMaxErrorIoU).toBeCloseTo(
      largest.reduce((a, b) => a + b) / 3,
      12,
    );
  });

  it('has baselines where there are networks enough', () => {
    expect(reference.architectures[0]?.baselines.soup).toMatchObject({ members: 16, draws: 8 });
    expect(reference.architectures[1]?.baselines.soup).toBeNull();
    expect(reference.architectures[1]?.baselines.interpolation).toMatchObject({ draws: 64 });
  });

  it('draws fewer midpoints where each takes long to measure', () => {
    expect(baselineSizes(70_000).interpolation.draws).toBe(16);
  });

  it('aligns before it averages: the mean of permuted copies is the network itself', async () => {
    // Large weights and biases: neither another order nor another scale decides the same way.
    const network = new Random(6).normals(networkOf(small).parameters);
    const copies = Array.from({ length: 16 }, (_, k) => shuffled(small, network, k));
    const { architectures } = await buildReference(makeZoo([[small, copies]]), task);
    const [entry] = architectures;
    expect(entry?.baselines.soup?.accuracy).toBeCloseTo(entry?.accuracy.mean ?? -1, 12);
    expect(entry?.baselines.interpolation?.maxErrorIoU).toBe(1);
  });

  it('is the same every time', async () => {
    expect(await buildReference(zoo, task)).toEqual(reference);
  });

  it('says that a lone network has nothing to be compared with', async () => {
    const entry = await buildReference(makeZoo([[small, randomNetworks(small, 1, 1)]]), task);
    expect(entry.architectures[0]).toMatchObject({
      independentMaxErrorIoU: null,
      independentNovelAndAccurate: null,
      baselines: { interpolation: null, soup: null },
    });
  });

  it('refuses another data set and another split', async () => {
    const other = prepareTask(spirals({ rowsPerClass: 50, seed: 1 }));
    await expect(buildReference(zoo, other)).rejects.toThrow(
      expect.objectContaining({ code: 'data-corrupt' }),
    );
    const resplit = prepareTask(spirals({ rowsPerClass: 50 }), { seed: 1 });
    await expect(buildReference(zoo, resplit)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid-argument', field: 'split' }),
    );
  });
});

describe('parseReference', () => {
  const text = JSON.stringify(reference);

  it('reads what buildReference made', () => {
    expect(parseReference(text)).toEqual(reference);
  });

  it('keeps the rows that each network gets wrong', () => {
    const sets = reference.architectures.flatMap((arch) => errorSetsOf(arch, reference));
    expect(sets).toEqual([...zoo.finalsOf(0), ...zoo.finalsOf(1)].map(({ errors }) => errors));
  });

  it('reads error sets one after the other, as files from before have them', () => {
    const architectures = reference.architectures.map((arch) => ({
      ...arch,
      errorSets: errorSetsOf(arch, reference).map((set) => Buffer.from(set).toString('base64')),
    }));
    const before = parseReference(
      JSON.stringify({ ...reference, formatVersion: 1, architectures }),
    );
    expect(zooErrorSets(before)).toEqual(zooErrorSets(reference));
  });

  it('refuses one that compares networks on all of many rows', () => {
    const before = { ...reference, formatVersion: 1, rows: 70_000 };
    expect(() => parseReference(JSON.stringify(before))).toThrow(
      /all 70000 rows of the data set.*train the flow again/,
    );
  });

  it.each([
    ['text that is not JSON', text.slice(0, -1), /not JSON/],
    [
      'a missing field',
      text.replace('"rows"', '"lines"'),
      /'rows': expected a number, got nothing/,
    ],
    [
      'a rate beyond 1',
      text.replace(/"mean":[\d.]+/, '"mean":1.5'),
      /'architectures\[0\]\.accuracy\.mean': expected at most 1, got 1\.5/,
    ],
    [
      'another format',
      text.replace('"formatVersion":2', '"formatVersion":3'),
      /'formatVersion': expected/,
    ],
    [
      'error sets of other rows',
      text.replace('"rows":100', '"rows":200'),
      /error sets of 25 bytes/,
    ],
    [
      'error sets that are not compressed',
      text.replace(/"errorSets":"[^"]+"/, '"errorSets":"AAAA"'),
      /expected 16 error sets of 13 bytes/,
    ],
    ['a wrong number of runs', text.replace('"runs":3', '"runs":4'), /4 error sets/],
  ])('refuses %s', (_, damaged, message) => {
    expect(damaged).not.toBe(text);
    expect(() => parseReference(damaged)).toThrow(message);
    expect(() => parseReference(damaged)).toThrow(
      expect.objectContaining({ code: 'data-corrupt' }),
    );
  });
});
