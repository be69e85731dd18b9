import { appendFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  LOG_FILE,
  readTrainingLog,
  TrainingLog,
  type TrainingRecord,
} from '../../src/training/training-log.js';
import { needs, OFF_LINUX } from '../support/needs.js';

const record = (step: number, loss = 1 / step): TrainingRecord => ({
  step,
  family: '30-h1-h2-2',
  loss,
  gradientNorm: 0.5,
  learningRate: 1e-3,
  durationMs: 12.5,
});

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weightspring-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function write(...records: readonly TrainingRecord[]): Promise<void> {
  const log = await TrainingLog.open(dir);
  for (const each of records) log.write(each);
  await log.close();
}

describe('training log', () => {
  it('says that the disk is full', needs(OFF_LINUX), async () => {
    // The device answers every write as a full disk does.
    await symlink('/dev/full', join(dir, LOG_FILE));
    await expect(write(record(1))).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringMatching(/log\.jsonl': its disk is full/) as string,
    });
  });

  it('comes back in order of steps', async () => {
    await write(record(1), record(2), record(3));
    expect(await readTrainingLog(dir)).toEqual([record(1), record(2), record(3)]);
  });

  it('counts the later record of a step where a resumed run went over it again', async () => {
    await write(record(1), record(2), record(3));
    await write(record(2, 20), record(3, 30), record(4, 40));
    expect(await readTrainingLog(dir)).toEqual([
      record(1),
      record(2, 20),
      record(3, 30),
      record(4, 40),
    ]);
  });

  it('passes over a last line that a crash cut off', async () => {
    await write(record(1), record(2));
    await appendFile(join(dir, LOG_FILE), JSON.stringify(record(3)).slice(0, 20));
    expect(await readTrainingLog(dir)).toEqual([record(1), record(2)]);
  });
});
