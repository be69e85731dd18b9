import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { architecture, graphArchitecture, type GraphForm } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { Random } from '../../src/random.js';
import { readZoo, writeZoo } from '../../src/zoo/zoo-file.js';
import { Zoo, type FinalRecord, type ZooNetwork } from '../../src/zoo/zoo.js';

const architectures = [
  { architecture: architecture([2, 3, 2]), runs: 2 },
  { architecture: architecture([2, 5, 4, 2]), runs: 1 },
];

const GRAPH: GraphForm = {
  input: [2],
  nodes: [
    { op: 'dense', units: 2, id: 'a' },
    { op: 'add', inputs: ['input', 'a'] },
  ],
};

/** A zoo without networks, of a graph. */
function graphZoo(graph: GraphForm): Zoo {
  const { header } = makeZoo();
  return new Zoo({ ...header, architectures: [{ architecture: graph, runs: 1 }] }, [], []);
}

function makeZoo(): Zoo {
  const random = new Random(1);
  const networks: ZooNetwork[] = [];
  const finals: FinalRecord[] = [];
  const metrics = { accuracy: 0.5, crossEntropy: 0.1 + 0.2, ece: 1e-17 };
  architectures.forEach(({ architecture: arch, runs }, index) => {
    for (const step of [10, 20]) {
      for (let run = 0; run < runs; run++) {
        const weights = random.normals(networkOf(arch).parameters);
        networks.push({ architecture: index, run, step, isFinal: step === 20, weights });
      }
    }
    for (let run = 0; run < runs; run++) {
      const errors = Uint8Array.of(random.integer(256), random.integer(4));
      finals.push({
        architecture: index,
        run,
        train: metrics,
        validation: metrics,
        test: metrics,
        errors,
      });
    }
  });
  return new Zoo(
    {
      version: '0.0.0',
      task: 'spirals',
      data: { sha256: 'ab', rows: 10, featureNames: ['x', 'y'], classNames: ['a', 'b'] },
      split: { seed: 0, validationFraction: 0.1, testFraction: 0.3 },
      standardisation: { mean: [0, 0.1], scale: [1, 2] },
      architectures,
      training: {
        optimizer: { kind: 'adam' },
        learningRate: 0.01,
        schedule: { kind: 'constant' },
        epochs: 2,
        batchSize: 4,
        snapshots: { ignoreEpochs: 0, perRun: 2 },
      },
      seed: 7,
      engine: 'numerical',
      alignment: null,
    },
    networks,
    finals,
  );
}

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-zoo-'));
  path = join(folder, 'nested', 'test.zoo');
  await writeZoo(makeZoo(), path);
});
afterEach(() => rm(folder, { recursive: true }));

describe('zoo files', () => {
  it('give back what was written, bit for bit, and leave no drafts', async () => {
    const zoo = makeZoo();
    const read = await readZoo(path);
    expect(read.header).toEqual(zoo.header);
    expect(read.networks).toEqual(zoo.networks);
    expect(read.finals).toEqual(zoo.finals);
    expect(await readdir(join(folder, 'nested'))).toEqual(['test.zoo']);
  });

  it('store weights as plain little-endian float32 behind a preamble of 64 bytes', async () => {
    const bytes = await readFile(path);
    expect(bytes.readFloatLE(64)).toBe(makeZoo().networks[0]!.weights[0]);
    expect(bytes.length).toBeLessThan(4000);
  });

  it('hold graphs, and refuse those of layers that are not known', async () => {
    await writeZoo(graphZoo(GRAPH), path);
    expect((await readZoo(path)).architectures).toEqual([graphArchitecture(GRAPH)]);
    const other = { ...GRAPH, nodes: [{ op: 'scale' }, ...GRAPH.nodes] } as unknown as GraphForm;
    await writeZoo(graphZoo(other), path);
    await expect(readZoo(path)).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringMatching(/architecture that is not known .*dense/) as unknown,
    });
  });

  it('replace an older file whole', async () => {
    await writeFile(path, 'old');
    await writeZoo(makeZoo(), path);
    expect((await readZoo(path)).networks.length).toBe(6);
  });

  it('name a missing file and what makes one', async () => {
    const read = readZoo(join(folder, 'none.zoo'));
    await expect(read).rejects.toMatchObject({ code: 'data-missing' });
    await expect(read).rejects.toThrow(/none\.zoo.*weightspring zoo train/);
  });

  it.each([
    [
      'truncated',
      (bytes: Buffer) => truncate(path, bytes.length - 1),
      /expected \d+ bytes, got \d+/,
    ],
    ['cut within the preamble', () => truncate(path, 30), /ends before byte 64/],
    ['empty', () => truncate(path, 0), /ends before byte 64/],
    [
      'of an earlier release',
      async (bytes: Buffer) => {
        bytes.write('WSPRZOO1', 'latin1');
        await writeFile(path, bytes);
      },
      /an earlier release wrote it.*train it again/,
    ],
    ['of another kind', () => writeFile(path, 'x'.repeat(500)), /does not begin with WSPRZOO2/],
    [
      'damaged by one bit',
      async (bytes: Buffer) => {
        bytes[100] = bytes[100]! ^ 1;
        await writeFile(path, bytes);
      },
      /SHA-256/,
    ],
    [
      'of impossible lengths',
      async (bytes: Buffer) => {
        bytes.writeBigUInt64LE(2n ** 60n, 16);
        await writeFile(path, bytes);
      },
      /expected \d+ bytes/,
    ],
  ] as const)('refuse a file %s', async (_, spoil, message) => {
    await spoil(await readFile(path));
    await expect(readZoo(path)).rejects.toMatchObject({ code: 'data-corrupt' });
    await expect(readZoo(path)).rejects.toThrow(message);
  });

  it('refuse any one bit that changed, in preamble, weights, error sets and JSON', async () => {
    const bytes = await readFile(path);
    // Every bit of the preamble, and one of every fifth byte behind it.
    const bits = Array.from({ length: bytes.length }, (_, place) =>
      place < 64 ? [0, 1, 2, 3, 4, 5, 6, 7] : place % 5 === 0 ? [place & 7] : [],
    );
    for (const [place, changes] of bits.entries()) {
      for (const bit of changes) {
        const changed = Buffer.from(bytes);
        changed[place]! ^= 1 << bit;
        await writeFile(path, changed);
        await expect(readZoo(path), `byte ${place}, bit ${bit}`).rejects.toMatchObject({
          code: 'data-corrupt',
          message: expect.stringContaining(path) as string,
        });
      }
    }
  });

  it('name a folder in the place of a file', async () => {
    await expect(readZoo(folder)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(readZoo(folder)).rejects.toThrow(/expected a zoo file at .*it is a folder/);
  });
});

describe('Zoo', () => {
  it('groups networks and records by architecture', () => {
    const zoo = makeZoo();
    expect(zoo.indexOf(architecture([2, 5, 4, 2]))).toBe(1);
    expect(zoo.indexOf(architecture([2, 5, 4, 2], 'tanh'))).toBe(-1);
    expect(zoo.networksOf(0).length).toBe(4);
    expect(zoo.finalNetworksOf(0).map(({ run, step }) => [run, step])).toEqual([
      [0, 20],
      [1, 20],
    ]);
    expect(zoo.finalsOf(1).map(({ run }) => run)).toEqual([0]);
  });

  it('takes other weights of the same function with a record of it', () => {
    const zoo = makeZoo();
    const alignment = { method: 'weight-matching', record: { sweeps: 2 } };
    const aligned = zoo.withWeights(({ weights }) => weights.map((w) => -w), alignment);
    expect(aligned.header.alignment).toEqual(alignment);
    expect(aligned.networks[3]!.weights[0]).toBe(-zoo.networks[3]!.weights[0]!);
    expect(aligned.finals).toEqual(zoo.finals);
    expect(() => zoo.withWeights(() => new Float32Array(1), alignment)).toThrow(
      /expected 17 weights/,
    );
  });
});
