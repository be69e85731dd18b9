import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseSteps } from '../../src/workflows/create-plan.js';

let runDir: string;

beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'weightspring-create-'));
});

afterEach(() => rm(runDir, { recursive: true }));

const time = (openMs: number, msPerUpdate: number) => () =>
  Promise.resolve({ openMs, msPerUpdate });

describe('chooseSteps', () => {
  it('fills the time that is left after the sessions are open', async () => {
    expect(await chooseSteps(runDir, () => 100_000, time(20_000, 200))).toBe(400);
  });

  it('keeps a choice when the run is continued', async () => {
    await chooseSteps(runDir, () => 100_000, time(20_000, 200));
    const again = await chooseSteps(
      runDir,
      () => 1000,
      () => Promise.reject(new Error('measured again')),
    );
    expect(again).toBe(400);
  });

  it.each([
    ['few', 0, 60],
    ['many', 1e9, 1500],
  ])('stays within bounds with %s', async (_, leftMs, steps) => {
    expect(await chooseSteps(runDir, () => leftMs, time(10, 1))).toBe(steps);
  });
});
