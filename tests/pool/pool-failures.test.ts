import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PoolEvent } from '../../src/pool/worker-fleet.js';
import { fakeJob, fakePools } from './fake-pools.js';

describe('a pool whose process cannot be relied on', () => {
  const events: PoolEvent[] = [];
  const { start, folder } = fakePools({
    // Nothing here ends by taking too long.
    jobTimeoutMs: 600_000,
    silenceMs: 2_000,
    onEvent: (event) => events.push(event),
  });

  beforeEach(() => {
    events.length = 0;
  });

  const ends = (): readonly string[] =>
    events.flatMap((event) => (event.event === 'worker-ended' ? [event.reason] : []));

  it('replaces one that is frozen during a job, and runs the job again', async () => {
    const pool = await start();
    const [network] = await pool.sample(fakeJob('freeze-once', 5));
    expect(network?.bytes[0]).toBe(5);
    expect(ends()).toEqual(['it gave no sign of life for 2000 ms']);
  });

  it('runs a job again whose time is over before the silence of a frozen process tells', async () => {
    const pool = await start({ jobTimeoutMs: 200, stopGraceMs: 3_000, silenceMs: 4_000 });
    const [network] = await pool.sample(fakeJob('freeze-once', 5));
    expect(network?.bytes[0]).toBe(5);
    expect(ends()).toEqual(['it did not stop when it was told to, and gave no sign of life']);
  });

  it('replaces one that is frozen while nothing is to be done', async () => {
    const pool = await start();
    const [before] = await pool.sample(fakeJob('echo'));
    process.kill(Number(before?.metadata.pid), 'SIGSTOP');
    while (ends().length === 0) await delay(20);
    const [after] = await pool.sample(fakeJob('echo'));
    expect(after?.metadata.pid).not.toBe(before?.metadata.pid);
  });

  it('fails a job that freezes a second process', async () => {
    const pool = await start();
    await expect(pool.sample(fakeJob('freeze'))).rejects.toMatchObject({
      code: 'worker-lost',
      message: expect.stringContaining('no sign of life') as unknown,
    });
    expect(await pool.sample(fakeJob('echo'))).toHaveLength(1);
  });

  it('does not take one for frozen that computes without a pause', async () => {
    const pool = await start({ silenceMs: 1_000, jobTimeoutMs: 3_000 });
    await expect(pool.sample(fakeJob('hang'))).rejects.toThrow(/longer than 3000 ms/);
  });

  it.each([
    ['sends what is not a message', 'garbage', 'it sent what is not a message'],
    ['closes its pipe', 'detach', 'it closed its pipe and did not end'],
    ['writes what is no message over them', 'noise', 'it sent what is not a message'],
  ])('replaces one that %s, and runs the job again', async (_what, flow, reason) => {
    const pool = await start();
    const [network] = await pool.sample(fakeJob(flow, 5));
    expect(network?.bytes[0]).toBe(5);
    expect(ends()).toEqual([reason]);
  });

  it('keeps waiting jobs when one replacement fails and another one is coming', async () => {
    const pool = await start({ workers: 2 });
    while (pool.health().alive < 2) await delay(20);
    writeFileSync(path.join(folder.modelsDir, 'broken-once'), '');
    for (const event of events) {
      if (event.event === 'worker-ready') process.kill(Number(event.pid), 'SIGKILL');
    }
    while (pool.health().alive > 0) await delay(1);
    const [network] = await pool.sample(fakeJob('echo', 5));
    expect(network?.bytes[0]).toBe(5);
    expect(events.filter(({ event }) => event === 'worker-failed')).toHaveLength(1);
  });

  it('does not start with one that never opens its flows', async () => {
    writeFileSync(path.join(folder.modelsDir, 'mute'), '');
    await expect(start({ openTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('did not open its flows within 300 ms') as unknown,
    });
  });
});
