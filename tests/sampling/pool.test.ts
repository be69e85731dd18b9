import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { architecture } from '../../src/architecture/architecture.js';
import { DETERMINISTIC } from '../../src/flow/stochasticity.js';
import type { SampleJob } from '../../src/sampling/contracts.js';
import { SamplerPool, type SamplerPoolOptions } from '../../src/sampling/pool.js';

const workerPath = new URL('./fake-worker.js', import.meta.url);

/** A job for the fake worker: `flow` is what it does, `steps` how many ms `slow` takes. */
function job(flow: string, seed = 1, steps = 60_000): SampleJob {
  const layers = architecture([30, 16, 2]);
  const sampling = {
    steps,
    solver: 'euler',
    timeGrid: 'uniform',
    stochasticity: DETERMINISTIC,
  } as const;
  return { flow, architecture: layers, seed, firstIndex: 0, count: 1, ...sampling, format: 'onnx' };
}

describe('SamplerPool', () => {
  let modelsDir = '';
  const pools: SamplerPool[] = [];

  beforeEach(() => {
    modelsDir = mkdtempSync(path.join(tmpdir(), 'weightspring-pool-'));
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
      ...options,
    });
    pools.push(pool);
    return pool;
  }

  async function until(condition: () => boolean): Promise<void> {
    for (let waited = 0; !condition(); waited += 5) {
      if (waited > 10_000) throw new Error('the condition did not come true within 10 s');
      await delay(5);
    }
  }

  it('answers jobs with networks or with an archive, and knows the flows', async () => {
    const pool = await start();
    expect(pool.flows().map(({ name }) => name)).toContain('echo');
    const [network] = await pool.sample(job('echo', 7));
    expect(network?.bytes).toEqual(Uint8Array.from([7, 1]));
    expect(await pool.archive(job('echo', 8))).toEqual({
      bytes: Uint8Array.from([8, 1]),
      sha256: 'fake-zip',
    });
  });

  it('answers a burst of 32 with the default queue, on all its processes', async () => {
    const pool = await start({ workers: 2 });
    await until(() => pool.health().alive === 2);
    const results = await Promise.all(
      Array.from({ length: 32 }, (_, seed) => pool.sample(job('slow', seed, 5))),
    );
    expect(results.map(([network]) => network?.bytes[0])).toEqual(
      Array.from({ length: 32 }, (_, seed) => seed),
    );
    expect(new Set(results.map(([network]) => network?.metadata.pid)).size).toBe(2);
  });

  it('refuses what its queue does not hold, with a time to come again', async () => {
    const pool = await start({ queueLimit: 2 });
    const accepted = [1, 2, 3].map((seed) => pool.sample(job('slow', seed, 50)));
    expect(pool.health()).toEqual({ alive: 1, busy: 1, queued: 2, closing: false });
    await expect(pool.sample(job('echo'))).rejects.toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 1,
    });
    expect(await Promise.all(accepted)).toHaveLength(3);
  });

  it('drops a cancelled job from the queue', async () => {
    const pool = await start();
    const running = pool.sample(job('slow', 1, 50));
    const client = new AbortController();
    const queued = pool.sample(job('echo', 2), client.signal);
    client.abort();
    await expect(queued).rejects.toMatchObject({ code: 'cancelled' });
    expect(pool.health().queued).toBe(0);
    await running;
  });

  it('stops a cancelled job that runs, and keeps its process', async () => {
    const pool = await start();
    const [before] = await pool.sample(job('echo'));
    const client = new AbortController();
    const running = pool.sample(job('slow'), client.signal);
    client.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    const [after] = await pool.sample(job('echo'));
    expect(after?.metadata.pid).toBe(before?.metadata.pid);
  });

  it('passes on what the sampler throws', async () => {
    const pool = await start();
    await expect(pool.sample(job('fail'))).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'no such thing',
      field: 'steps',
    });
  });

  it('fails a job that crashes every process, and replaces them', async () => {
    const pool = await start();
    const crashing = pool.sample(job('crash'));
    const patient = pool.sample(job('echo', 9));
    await expect(crashing).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('exit code 3') as unknown,
    });
    const [network] = await patient;
    expect(network?.bytes[0]).toBe(9);
  });

  it('runs a job again when its process was killed', async () => {
    const pool = await start();
    const [network] = await pool.sample(job('crash-once', 5));
    expect(network?.bytes[0]).toBe(5);
  });

  it('ends a process whose job takes too long', async () => {
    const pool = await start({ jobTimeoutMs: 50 });
    await expect(pool.sample(job('hang'))).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('longer than 50 ms') as unknown,
    });
    expect(await pool.sample(job('echo'))).toHaveLength(1);
  });

  it('tells where a process computes that had to fall back', async () => {
    const marker = path.join(modelsDir, 'gpu');
    writeFileSync(marker, '');
    const pool = await start({ device: 'cuda', workers: 2 });
    await until(() => pool.health().alive === 2);
    expect(pool.device()).toEqual({ provider: 'cuda', requested: 'cuda' });
    rmSync(marker);
    // One of the two is replaced, and finds no GPU any more.
    await pool.sample(job('crash-once'));
    await until(() => pool.health().alive === 2);
    expect(pool.device()).toEqual({
      provider: 'cpu',
      requested: 'cuda',
      fallbackReason: 'no GPU',
    });
  });

  it('does not start without a process that loads the flows', async () => {
    writeFileSync(path.join(modelsDir, 'broken'), '');
    await expect(start({ workers: 2 })).rejects.toMatchObject({
      code: 'model-invalid',
      message: 'flow.onnx is broken',
    });
  });

  it('fails waiting jobs when no process can be replaced, and recovers when one can', async () => {
    const pool = await start();
    const marker = path.join(modelsDir, 'broken');
    writeFileSync(marker, '');
    await expect(pool.sample(job('crash-once'))).rejects.toMatchObject({ code: 'model-invalid' });
    expect(pool.health().alive).toBe(0);
    rmSync(marker);
    await until(() => pool.health().alive === 1);
    expect(await pool.sample(job('echo'))).toHaveLength(1);
  });

  it('closes after the accepted jobs, and takes no others', async () => {
    const pool = await start({ drainMs: 10_000 });
    const accepted = [1, 2].map((seed) => pool.sample(job('slow', seed, 30)));
    const closed = pool.close();
    expect(pool.health().closing).toBe(true);
    await expect(pool.sample(job('echo'))).rejects.toMatchObject({ code: 'overloaded' });
    expect(await Promise.all(accepted)).toHaveLength(2);
    await closed;
    expect(pool.health()).toMatchObject({ alive: 0, busy: 0, queued: 0 });
  });

  it('gives up on jobs that outlast its patience', async () => {
    const pool = await start({ drainMs: 50 });
    const jobs = [pool.sample(job('slow')), pool.sample(job('slow'))];
    const outcomes = Promise.allSettled(jobs);
    await pool.close();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } });
    }
  });
});
