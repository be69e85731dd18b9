import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zipSync } from 'fflate';
import { spirals } from '../../src/data/spirals.js';
import { explainChance } from '../../src/evaluation/explain-chance.js';
import { importPopulation } from '../../src/evaluation/import-population.js';
import { encodeSafetensors } from '../../src/files/safetensors.js';
import { foldInputScaling } from '../../src/formats/input-scaling.js';
import { listNetworkFiles } from '../../src/formats/import/list-network-files.js';
import { torchTensors } from '../../src/formats/torch-tensors.js';
import { architecture } from '../../src/network/architecture.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { prepareTask } from '../../src/zoo/prepared-task.js';
import { zooRecipe } from '../../src/zoo/recipes.js';
import { trainZooOn } from '../../src/zoo/train-zoo.js';
import type { Zoo } from '../../src/zoo/zoo.js';

const task = prepareTask(spirals());
const wide = architecture([2, 24, 2]);
const deep = architecture([2, 16, 12, 2]);
let trained: Zoo;
let folder: string;

beforeAll(async () => {
  const training = { ...zooRecipe('spirals').training, epochs: 60 };
  trained = await trainZooOn(
    task,
    {
      architectures: [
        { architecture: wide, runs: 11 },
        { architecture: deep, runs: 2 },
      ],
      training: { ...training, snapshots: { ignoreEpochs: 0, perRun: 1 } },
    },
    { engine: new OrtEngine({ threads: 1 }) },
  );
  folder = await mkdtemp(join(tmpdir(), 'weightspring-import-'));
  for (const { architecture: index, run, weights } of trained.networks) {
    const arch = trained.architectures[index]!;
    const raw = foldInputScaling(arch, weights, task.standardisation);
    const file = encodeSafetensors(torchTensors(arch, raw));
    await writeFile(join(folder, `${index === 0 ? 'wide' : 'xdeep'}-${run}.safetensors`), file);
  }
  await writeFile(join(folder, 'notes.txt'), 'not a network');
});

afterAll(() => rm(folder, { recursive: true }));

describe('importPopulation', () => {
  it('reads networks of several architectures, in the order of their numbers', async () => {
    const files = await listNetworkFiles([folder]);
    const zoo = await importPopulation(files, task, { activation: 'relu', inputs: 'raw' });
    expect(zoo.header).toMatchObject({ isImported: true, task: 'spirals' });
    expect(zoo.header.architectures).toEqual([
      { architecture: wide, runs: 11 },
      { architecture: deep, runs: 2 },
    ]);
    for (const index of [0, 1]) {
      const [found, known] = [zoo, trained].map((own) => own.finalNetworksOf(index));
      known!.forEach(({ weights }, run) => {
        weights.forEach((weight, place) => {
          expect(found![run]!.weights[place]).toBeCloseTo(weight, 4);
        });
      });
      zoo.finalsOf(index).forEach(({ test }, run) => {
        expect(test.accuracy).toBeCloseTo(trained.finalsOf(index)[run]!.test.accuracy, 2);
      });
    }
    expect(await explainChance(zoo, task, files, { activation: 'relu', inputs: 'raw' })).toEqual(
      [],
    );
  });

  it('reads the same from an archive', async () => {
    const files = await listNetworkFiles([folder]);
    const entries: Record<string, Uint8Array> = {};
    for (const file of files) entries[file.name.slice(folder.length + 1)] = await file.read();
    const archive = join(folder, 'all.zip');
    await writeFile(archive, zipSync({ ...entries, 'readme.md': new Uint8Array(3) }));
    const packed = await listNetworkFiles([archive]);
    expect(packed.map(({ name }) => name)).toEqual(
      Object.keys(entries).map((name) => `${archive}/${name}`),
    );
    const [first] = Object.values(entries);
    expect(Buffer.from(await packed[0]!.read()).equals(first!)).toBe(true);
  });

  it('says which scaling of the inputs the networks were probably trained with', async () => {
    const [first] = await listNetworkFiles([folder]);
    // Networks that take (x − 20) / 100 instead of x.
    const scaled = foldInputScaling(
      wide,
      trained.finalNetworksOf(0)[0]!.weights,
      task.standardisation,
    );
    const moved = foldInputScaling(wide, scaled, { mean: [-0.2, -0.2], scale: [0.01, 0.01] });
    const file = {
      ...first!,
      read: () => Promise.resolve(encodeSafetensors(torchTensors(wide, moved))),
    };
    const right = { activation: 'relu', inputs: { mean: 20, scale: 100 } } as const;
    const good = await importPopulation([file], task, right);
    expect(good.finals[0]!.test.accuracy).toBeCloseTo(trained.finals[0]!.test.accuracy, 1);
    const wrong = { activation: 'tanh', inputs: 'standardised' } as const;
    const files = await listNetworkFiles([folder]);
    const zoo = await importPopulation([files[0]!], task, {
      ...wrong,
      inputs: { mean: 50, scale: 9 },
    });
    const lines = await explainChance(zoo, task, files, {
      ...wrong,
      inputs: { mean: 50, scale: 9 },
    });
    expect(lines[0]).toMatch(/mean test accuracy of 0\.\d+, and guessing .* 0\.5/);
    expect(lines.join('\n')).toContain('--inputs raw --activation relu');
  });

  it('refuses paths without networks, and says how to convert those of PyTorch', async () => {
    const other = await mkdtemp(join(tmpdir(), 'weightspring-import-'));
    await writeFile(join(other, 'a.pt'), 'pickle');
    await expect(listNetworkFiles([other])).rejects.toThrow(/python -c .*torch/);
    await rm(other, { recursive: true });
    await expect(listNetworkFiles([join(other, 'none')])).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
