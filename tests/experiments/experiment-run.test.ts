import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExperimentRun, type ExperimentHost } from '../../src/experiments/experiment-run.js';
import { untrainable } from './hosts.js';

describe('ExperimentRun', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-run-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (host: Partial<ExperimentHost> = {}, configuration: unknown = { seed: 1 }) =>
    ExperimentRun.open(folder, configuration, { ...untrainable, ...host });

  it('computes a step once, and reads it from then on', async () => {
    let computed = 0;
    const compute = (): { readonly value: number } => ({ value: ++computed });
    expect(await (await open()).once('deep/step', compute)).toEqual({ value: 1 });
    expect(await (await open()).once('deep/step', compute)).toEqual({ value: 1 });
    expect(computed).toBe(1);
  });

  it('remembers nothing of a step that failed', async () => {
    const run = await open();
    await expect(run.once('step', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await run.once('step', () => 2)).toBe(2);
  });

  it('goes on with like steps where it was stopped', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const compute = (index: number): number => {
      seen.push(index);
      if (index === 2) stop.abort();
      return index * index;
    };
    const stopped = await open({ signal: stop.signal });
    await expect(stopped.each('squares', 5, compute)).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toEqual([0, 1, 2]);
    expect(await (await open()).each('squares', 5, compute)).toEqual([0, 1, 4, 9, 16]);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('computes a like step again whose line was cut off, and keeps the next one whole', async () => {
    const run = await open();
    await run.each('values', 2, (index) => index);
    await appendFile(join(folder, 'values.jsonl'), '{"index":2,"val');
    const seen: number[] = [];
    const again = (index: number): number => {
      seen.push(index);
      return 10 * index;
    };
    expect(await (await open()).each('values', 4, again)).toEqual([0, 1, 20, 30]);
    expect(await (await open()).each('values', 4, again)).toEqual([0, 1, 20, 30]);
    expect(seen).toEqual([2, 3]);
    expect((await readFile(join(folder, 'values.jsonl'), 'utf8')).split('\n')).toHaveLength(6);
  });

  it('starts no step once it is to stop, but reads those that are there', async () => {
    await (await open()).once('done', () => 'kept');
    const stopped = await open({ signal: AbortSignal.abort() });
    expect(await stopped.once('done', () => 'new')).toBe('kept');
    await expect(stopped.once('more', () => 'new')).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('refuses a folder of another configuration', async () => {
    await open();
    await expect(open({}, { seed: 2 })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(open()).resolves.toBeInstanceOf(ExperimentRun);
  });

  it('fails on a result that is no longer JSON instead of replacing it', async () => {
    await writeFile(join(folder, 'step.json'), '{');
    await expect((await open()).once('step', () => 1)).rejects.toThrow(SyntaxError);
  });

  it('opens the engine when first asked, and only once', async () => {
    let opened = 0;
    const run = await open({
      openEngine: () => {
        opened++;
        return untrainable.openEngine();
      },
    });
    expect(opened).toBe(0);
    await expect(run.engine()).rejects.toThrow();
    await expect(run.engine()).rejects.toThrow();
    expect(opened).toBe(1);
  });
});
