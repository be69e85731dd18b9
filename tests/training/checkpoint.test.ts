import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/files/safetensors.js';
import { encodeSealedSafetensors } from '../../src/files/sealed-safetensors.js';
import type { ParameterSpec } from '../../src/ops/tensor-ops.js';
import { Random } from '../../src/random.js';
import {
  CHECKPOINT_FILE,
  readCheckpoint,
  writeCheckpoint,
  type Checkpoint,
} from '../../src/training/checkpoint.js';

const SPECS: readonly ParameterSpec[] = [
  { name: 'a.weight', shape: [2, 3], init: { kind: 'zeros' } },
  { name: 'a.bias', shape: [3], init: { kind: 'zeros' } },
];

const values = (label: string): Float32Array[] =>
  SPECS.map(({ name, shape }) =>
    new Random(1, label, name).normals(shape.reduce((size, dim) => size * dim, 1)),
  );

function checkpoint(): Checkpoint {
  const random = new Random(7);
  // One normal leaves the other of its pair waiting in the state.
  random.normal();
  return {
    step: 41,
    parameters: values('parameters'),
    average: { updates: 40, values: values('average') },
    optimizer: { kind: 'adam', steps: 39, moments: [...values('first'), ...values('second')] },
    random: random.state,
    recentLoss: 0.25,
  };
}

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weightspring-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

/** Writes a checkpoint whose state is changed, its tensors intact. */
async function rewriteState(change: (state: Record<string, unknown>) => unknown): Promise<void> {
  await writeCheckpoint(dir, SPECS, checkpoint());
  const path = join(dir, CHECKPOINT_FILE);
  const { tensors, metadata } = decodeSafetensors(await readFile(path));
  const state = JSON.parse(metadata.state!) as Record<string, unknown>;
  const named = [...tensors].map(([name, tensor]) => ({ name, ...tensor }));
  await writeFile(path, encodeSealedSafetensors(named, { state: JSON.stringify(change(state)) }));
}

function without(state: Record<string, unknown>, key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(state).filter(([name]) => name !== key));
}

describe('checkpoint', () => {
  it('comes back from its file bit by bit, in a folder that did not exist', async () => {
    const runDir = join(dir, 'runs', 'first');
    await writeCheckpoint(runDir, SPECS, checkpoint());
    expect(await readCheckpoint(runDir, SPECS)).toEqual(checkpoint());
  });

  it('replaces the one before', async () => {
    await writeCheckpoint(dir, SPECS, checkpoint());
    await writeCheckpoint(dir, SPECS, { ...checkpoint(), step: 42 });
    expect((await readCheckpoint(dir, SPECS))?.step).toBe(42);
  });

  it('is null where there is none', async () => {
    expect(await readCheckpoint(dir, SPECS)).toBeNull();
  });

  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['cut off', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['empty', () => new Uint8Array(0)],
    ['text', () => Buffer.from('not a checkpoint at all')],
    [
      'without its state',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('state', 'stale'), 'latin1'),
    ],
    [
      'with a damaged state',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('step', 'stop'), 'latin1'),
    ],
  ])('refuses a file that is %s', async (_, damage) => {
    await writeCheckpoint(dir, SPECS, checkpoint());
    const path = join(dir, CHECKPOINT_FILE);
    await writeFile(path, damage(await readFile(path)));
    await expect(readCheckpoint(dir, SPECS)).rejects.toMatchObject({ code: 'data-corrupt' });
  });

  it.each<[string, (state: Record<string, unknown>) => unknown, RegExp]>([
    [
      'no state of the random numbers',
      (state) => without(state, 'random'),
      /'random': expected an object, got nothing/,
    ],
    [
      'no level of losses',
      (state) => without(state, 'recentLoss'),
      /'recentLoss': expected a number, got nothing/,
    ],
    ['no state of the optimiser', (state) => without(state, 'optimizer'), /'optimizer': /],
    ['a negative step', (state) => ({ ...state, step: -1 }), /'step': expected at least 0, got -1/],
    [
      'three words of four',
      (state) => ({ ...state, random: { words: [1, 2, 3], spareNormal: null } }),
      /'random.words/,
    ],
  ])('refuses a state with %s, and says what it expected', async (_, change, message) => {
    await rewriteState(change);
    await expect(readCheckpoint(dir, SPECS)).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringMatching(message) as string,
    });
  });

  it('refuses a checkpoint in which any one bit has changed, by name', async () => {
    await writeCheckpoint(dir, SPECS, checkpoint());
    const path = join(dir, CHECKPOINT_FILE);
    const bytes = await readFile(path);
    for (let place = 0; place < bytes.length; place++) {
      const changed = Buffer.from(bytes);
      changed[place]! ^= 1 << (place & 7);
      await writeFile(path, changed);
      await expect(readCheckpoint(dir, SPECS), `byte ${place}`).rejects.toMatchObject({
        code: 'data-corrupt',
        message: expect.stringMatching(/checkpoint\.safetensors: .*delete the file/) as string,
      });
    }
  });

  it('refuses a checkpoint without a digest, as earlier releases wrote them', async () => {
    await writeCheckpoint(dir, SPECS, checkpoint());
    const path = join(dir, CHECKPOINT_FILE);
    const { tensors, metadata } = decodeSafetensors(await readFile(path));
    const named = [...tensors].map(([name, tensor]) => ({ name, ...tensor }));
    await writeFile(path, encodeSafetensors(named, { state: metadata.state! }));
    await expect(readCheckpoint(dir, SPECS)).rejects.toThrow(/earlier release.*delete the file/);
  });

  it('names the tensor that is missing or of another shape', async () => {
    await writeCheckpoint(dir, SPECS, checkpoint());
    const [weight, bias] = [SPECS[0]!, SPECS[1]!];
    await expect(readCheckpoint(dir, [weight, { ...bias, shape: [1, 3] }])).rejects.toThrow(
      /expected a tensor 'parameters0.a.bias' \[1, 3\], got \[3\]/,
    );
    await expect(readCheckpoint(dir, [weight, { ...bias, name: 'b' }])).rejects.toThrow(
      /expected a tensor 'parameters0.b' \[3\], got none/,
    );
  });

  it('refuses the checkpoint of other parameters', async () => {
    await writeCheckpoint(dir, SPECS, checkpoint());
    const [weight, bias] = [SPECS[0]!, SPECS[1]!];
    for (const others of [
      [weight, { ...bias, name: 'b.bias' }],
      [weight, { ...bias, shape: [4] }],
    ]) {
      await expect(readCheckpoint(dir, others)).rejects.toMatchObject({ code: 'data-corrupt' });
    }
  });
});
