import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { DETERMINISTIC } from '../../src/flow/stochasticity.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { SamplerPool, type SamplerPoolOptions } from '../../src/pool/pool.js';
import type { PoolEvent } from '../../src/pool/worker-fleet.js';

const workerPath = new URL('./fake-worker.js', import.meta.url);

/** A job for the fake worker: `flow` is what it does. */
function job(flow: string, seed = 1): SampleJob {
  return {
    flow,
    architecture: architecture([30, 16, 2]),
    seed,
    firstIndex: 0,
    count: 1,
    steps: 60_000,
    solver: 'euler',
    timeGrid: 'uniform',
    stochasticity: DETERMINISTIC,
    format: 'onnx',
    inputScaling: 'folded',
  };
}

describe('a pool whose process cannot be relied on', () => {
  let modelsDir = '';
  const pools: SamplerPool[] = [];
  const events: PoolEvent[] = [];

  beforeEach(() => {
    modelsDir = mkdtempSync(path.join(tmpdir(), 'weightspring-pool-'));
    events.length = 0;
  });

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
    rmSync(modelsDir, { recursive: true });
  });

  async function start(options: Partial<SamplerPoolOptions> = {}): Promise<SamplerPool> {
    const pool = await SamplerPool.start({
      modelsDir,
      workerPath,
      workers: 1,
      drainMs: 100,
      respawnDelayMs: 10,
      // Nothing here ends by taking too long.
      jobTimeoutMs: 600_000,
      silenceMs: 2_000,
      onEvent: (event) => events.push(event),
      ...options,
    });
    pools.push(pool);
    return pool;
  }

  const ends = (): readonly string[] =>
    events.flatMap((event) => (event.event === 'worker-ended' ? [event.reason] : []));

  it('replaces one that is frozen during a job, and runs the job again', async () => {
    const pool = await start();
    const [network] = await pool.sample(job('freeze-once', 5));
    expect(network?.bytes[0]).toBe(5);
    expect(ends()).toEqual(['it gave no sign of life for 2000 ms']);
  });

  it('runs a job again whose time is over before the silence of a frozen process tells', async () => {
    const pool = await start({ jobTimeoutMs: 200, stopGraceMs: 3_000, silenceMs: 4_000 });
    const [network] = await pool.sample(job('freeze-once', 5));
    expect(network?.bytes[0]).toBe(5);
    expect(ends()).toEqual(['it did not stop when it was told to, and gave no sign of life']);
  });

  it('replaces one that is frozen while nothing is to be done', async () => {
    const pool = await start();
    const [before] = await pool.sample(job('echo'));
    process.kill(Number(before?.metadata.pid), 'SIGSTOP');
    while (ends().length === 0) await delay(20);
    const [after] = await pool.sample(job('echo'));
    expect(after?.metadata.pid).not.toBe(before?.metadata.pid);
  });

  it('fails a job that freezes a second process', async () => {
    const pool = await start();
    await expect(pool.sample(job('freeze'))).rejects.toMatchObject({
      code: 'worker-lost',
      message: expect.stringContaining('no sign of life') as unknown,
    });
    expect(await pool.sample(job('echo'))).toHaveLength(1);
  });

  it('does not take one for frozen that computes without a pause', async () => {
    const pool = await start({ silenceMs: 1_000, jobTimeoutMs: 3_000 });
    await expect(pool.sample(job('hang'))).rejects.toThrow(/longer than 3000 ms/);
  });

  it.each([
    ['sends what is not a message', 'garbage', 'it sent what is not a message'],
    ['closes its pipe', 'detach', 'it closed its pipe and did not end'],
    ['writes what is no message over them', 'noise', 'it sent what is not a message'],
  ])('replaces one that %s, and runs the job again', async (_what, flow, reason) => {
    const pool = await start();
    const [network] = await pool.sample(job(flow, 5));
    expect(network?.bytes[0]).toBe(5);
    expect(ends()).toEqual([reason]);
  });

  it('keeps waiting jobs when one replacement fails and another one is coming', async () => {
    const pool = await start({ workers: 2 });
    while (pool.health().alive < 2) await delay(20);
    writeFileSync(path.join(modelsDir, 'broken-once'), '');
    for (const event of events) {
      if (event.event === 'worker-ready') process.kill(Number(event.pid), 'SIGKILL');
    }
    while (pool.health().alive > 0) await delay(1);
    const [network] = await pool.sample(job('echo', 5));
    expect(network?.bytes[0]).toBe(5);
    expect(events.filter(({ event }) => event === 'worker-failed')).toHaveLength(1);
  });

  it('does not start with one that never opens its flows', async () => {
    writeFileSync(path.join(modelsDir, 'mute'), '');
    await expect(start({ openTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('did not open its flows within 300 ms') as unknown,
    });
  });
});
