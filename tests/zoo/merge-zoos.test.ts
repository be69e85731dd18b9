import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { mergeZoos } from '../../src/zoo/merge-zoos.js';
import { zooRecipe } from '../../src/zoo/recipes.js';
import { trainZoo } from '../../src/zoo/train-zoo.js';
import type { Zoo, ZooArchitecture } from '../../src/zoo/zoo.js';
import { readZoo, writeZoo } from '../../src/zoo/zoo-file.js';

const small = { architecture: architecture([2, 4, 2]), runs: 2 };
const wide = { architecture: architecture([2, 7, 2]), runs: 3 };
const deep = { architecture: architecture([2, 5, 3, 2]), runs: 2 };
const { training } = zooRecipe('spirals');

/** Three epochs. */
function train(architectures: readonly ZooArchitecture[], seed = 3, threads = 0): Promise<Zoo> {
  return trainZoo(
    {
      task: 'spirals',
      architectures,
      training: { ...training, epochs: 3, snapshots: { ignoreEpochs: 1, perRun: 2 } },
      seed,
    },
    { engine: new OrtEngine({ threads }) },
  );
}

let folder: string;
let first: Zoo;
let second: Zoo;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-merge-'));
  first = await train([small]);
  second = await train([wide, deep], 3, 1);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('mergeZoos', () => {
  it('makes the file that training all at once makes', async () => {
    const merged = mergeZoos([
      { name: 'a', zoo: first },
      { name: 'b', zoo: second },
    ]);
    await writeZoo(merged, join(folder, 'merged.zoo'));
    await writeZoo(await train([small, wide, deep]), join(folder, 'whole.zoo'));
    const [merge, whole] = await Promise.all(
      ['merged.zoo', 'whole.zoo'].map((name) => readFile(join(folder, name))),
    );
    expect(merge?.equals(whole as Buffer)).toBe(true);
  });

  it('puts runs together that follow one another', async () => {
    const rest = await train([{ ...wide, runs: 4, firstRun: 3 }]);
    const merged = mergeZoos([
      { name: 'a', zoo: second },
      { name: 'b', zoo: rest },
    ]);
    const whole = await train([{ ...wide, runs: 7 }, deep]);
    expect(merged.header).toEqual(whole.header);
    for (const index of [0, 1]) {
      expect(merged.finalNetworksOf(index)).toEqual(whole.finalNetworksOf(index));
      expect(merged.finalsOf(index)).toEqual(whole.finalsOf(index));
    }
    expect(merged.networks.length).toBe(whole.networks.length);
    await writeZoo(rest, join(folder, 'rest.zoo'));
    expect((await readZoo(join(folder, 'rest.zoo'))).header).toEqual(rest.header);
  });

  it('refuses zoos with the same runs', () => {
    expect(() =>
      mergeZoos([
        { name: 'a.zoo', zoo: first },
        { name: 'b.zoo', zoo: first },
      ]),
    ).toThrow("expected the runs of 2-4-2/relu in 'b.zoo' to go on at 2");
  });

  it('refuses zoos that were trained differently, by the field that differs', async () => {
    const other = await train([wide], 4);
    expect(() =>
      mergeZoos([
        { name: 'a.zoo', zoo: first },
        { name: 'b.zoo', zoo: other },
      ]),
    ).toThrow("trained alike, but seed of 'b.zoo' is 4, and 3 of 'a.zoo'");
  });
});
