import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimFolder } from '../../src/files/claim-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-claim-'));
});
afterEach(() => rm(folder, { recursive: true }));

const record = {
  task: 'iris',
  training: { epochs: 50, rate: 0.1 },
  runs: [3, 4],
  seed: 1,
  out: 'x',
};

describe('claimFolder', () => {
  it('lets the same run in again', async () => {
    await claimFolder(folder, record);
    await claimFolder(folder, { ...record });
  });

  it.each<[string, unknown, RegExp]>([
    ['a number', { ...record, seed: 2 }, /another run: seed is 1 there and 2 here; repeat the opt/],
    [
      'a nested value',
      { ...record, training: { epochs: 50, rate: 0.2 } },
      /training\.rate is 0\.1 there and 0\.2 here/,
    ],
    ['a missing value', { ...record, seed: undefined }, /seed is 1 there and missing here/],
    ['a new value', { ...record, split: 'a' }, /split is missing there and "a" here/],
    ['an element', { ...record, runs: [3, 5] }, /runs\.1 is 4 there and 5 here/],
    ['a longer list', { ...record, runs: [3, 4, 5] }, /runs\.2 is missing there and 5 here/],
    ['another type', { ...record, training: 'fast' }, /training is \{.*\} there and "fast" here/],
    [
      'much',
      { task: 'wine', training: { epochs: 51, rate: 0.2 }, runs: [3, 4], seed: 2, out: 'y' },
      /: task is [^,]*, training\.epochs is [^,]*, training\.rate is [^,]*, and 2 more; repeat/,
    ],
  ])('refuses %s that differs, and says so', async (_, other, message) => {
    await claimFolder(folder, record);
    const before = await readFile(join(folder, 'run.json'), 'utf8');
    const claim = claimFolder(folder, other);
    await expect(claim).rejects.toMatchObject({ code: 'invalid-argument', field: '--run-dir' });
    await expect(claim).rejects.toThrow(message);
    expect(await readFile(join(folder, 'run.json'), 'utf8')).toBe(before);
  });

  it('refuses a folder whose record is damaged', async () => {
    await writeFile(join(folder, 'run.json'), '{"seed');
    await expect(claimFolder(folder, record)).rejects.toThrow(/its run\.json is damaged/);
  });
});
