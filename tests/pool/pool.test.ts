import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/devices/device.js';
import type { WeightspringError } from '../../src/errors.js';
import type { GeneratedNetwork } from '../../src/formats/generated-network.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import type { SamplerPool } from '../../src/pool/pool.js';
import { fakeJob, fakePools } from './fake-pools.js';

describe('SamplerPool', () => {
  const { start, folder } = fakePools();

  async function until(condition: () => boolean): Promise<void> {
    for (let waited = 0; !condition(); waited += 5) {
      if (waited > 10_000) throw new Error('the condition did not come true within 10 s');
      await delay(5);
    }
  }

  it('answers jobs with networks or with an archive, and knows the flows', async () => {
    const pool = await start();
    expect(pool.flows().map(({ name }) => name)).toContain('echo');
    const [network] = await pool.sample(fakeJob('echo', 7));
    expect(network?.bytes).toEqual(Uint8Array.from([7, 1]));
    expect(await pool.archive(fakeJob('echo', 8))).toEqual({
      bytes: Uint8Array.from([8, 1]),
      sha256: 'fake-zip',
    });
  });

  it('tells what its processes print, and shares no stream with them', async () => {
    const printed: string[] = [];
    const pool = await start({
      onEvent: (event) => {
        if (event.event === 'worker-output') printed.push(event.text);
      },
    });
    await pool.sample(fakeJob('print'));
    await until(() => printed.length === 2);
    expect(printed.sort()).toEqual(['on stderr', 'on stdout']);
  });

  it('opens the samplers of its processes with the options that it was given', async () => {
    const options = { threads: 2, memoryBytes: 123_456_789 } as const;
    const pool = await start(options);
    const [network] = await pool.sample(fakeJob('echo'));
    expect(JSON.parse(network?.metadata.opened ?? '')).toEqual({
      modelsDir: folder.modelsDir,
      device: 'cpu',
      warm: true,
      ...options,
    });
  });

  it('shares the cores among its processes', async () => {
    const pool = await start({ workers: 2 });
    const [network] = await pool.sample(fakeJob('echo'));
    expect(JSON.parse(network?.metadata.opened ?? '')).toEqual({
      modelsDir: folder.modelsDir,
      device: 'cpu',
      warm: true,
      threads: Math.max(1, Math.floor(availableParallelism() / 2)),
    });
  });

  it('answers a burst of 32 with the default queue, on all its processes', async () => {
    const pool = await start({ workers: 2 });
    await until(() => pool.health().alive === 2);
    const results = await Promise.all(
      Array.from({ length: 32 }, (_, seed) => pool.sample(fakeJob('slow', seed, 5))),
    );
    expect(results.map(([network]) => network?.bytes[0])).toEqual(
      Array.from({ length: 32 }, (_, seed) => seed),
    );
    expect(new Set(results.map(([network]) => network?.metadata.pid)).size).toBe(2);
  });

  it('refuses what its queue does not hold, with a time to come again', async () => {
    const pool = await start({ queueLimit: 2 });
    const accepted = [1, 2, 3].map((seed) => pool.sample(fakeJob('slow', seed, 50)));
    expect(pool.health()).toEqual({ alive: 1, busy: 1, queued: 2, closing: false });
    await expect(pool.sample(fakeJob('echo'))).rejects.toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 1,
    });
    expect(await Promise.all(accepted)).toHaveLength(3);
  });

  it('gives a new client a place in a full queue, at the cost of who has most there', async () => {
    const pool = await start({ queueLimit: 3 });
    const running = pool.sample(fakeJob('slow', 0, 300), undefined, 'a');
    const waiting = [1, 2, 3].map((seed) => pool.sample(fakeJob('slow', seed, 1), undefined, 'a'));
    const refused = expect(waiting[2]).rejects.toMatchObject({ code: 'overloaded' });
    const other = pool.sample(fakeJob('slow', 4, 2), undefined, 'b');
    await refused;
    expect(pool.health().queued).toBe(3);
    await expect(pool.sample(fakeJob('echo', 5), undefined, 'a')).rejects.toMatchObject({
      code: 'overloaded',
    });
    await Promise.all([running, other, ...waiting.slice(0, 2)]);
  });

  it('runs with a queue of 0 what a free process can take, and refuses the rest', async () => {
    // The window would hold back the second job for company: nobody may wait here.
    const pool = await start({ queueLimit: 0, workers: 2, batchWindowMs: 60_000 });
    await until(() => pool.health().alive === 2);
    const accepted = [1, 2].map((seed) => pool.sample(fakeJob('slow', seed, 100)));
    expect(pool.health()).toMatchObject({ busy: 2, queued: 0 });
    await expect(pool.sample(fakeJob('slow', 3, 100))).rejects.toMatchObject({
      code: 'overloaded',
    });
    expect(await Promise.all(accepted)).toHaveLength(2);
    expect(await pool.sample(fakeJob('echo'))).toHaveLength(1);
  });

  it('does not refuse a job that fills the queue while a process is free', async () => {
    const pool = await start({ queueLimit: 1, workers: 2, batchWindowMs: 60_000 });
    await until(() => pool.health().alive === 2);
    const client = new AbortController();
    const busy = pool.sample(fakeJob('slow'), client.signal);
    const waiting = pool.sample(fakeJob('echo', 2));
    expect(pool.health().queued).toBe(1);
    const networks = await Promise.all([waiting, pool.sample(fakeJob('echo', 3))]);
    // Together, since both waited when the free process took them.
    expect(networks.map(([network]) => network?.metadata.batch)).toEqual(['1', '1']);
    client.abort();
    await expect(busy).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('drops a cancelled job from the queue', async () => {
    const pool = await start();
    const running = pool.sample(fakeJob('slow', 1, 50));
    const client = new AbortController();
    const queued = pool.sample(fakeJob('echo', 2), client.signal);
    client.abort();
    await expect(queued).rejects.toMatchObject({ code: 'cancelled' });
    expect(pool.health().queued).toBe(0);
    await running;
  });

  it('stops a cancelled job that runs, and keeps its process', async () => {
    const pool = await start();
    const [before] = await pool.sample(fakeJob('echo'));
    const client = new AbortController();
    const running = pool.sample(fakeJob('slow'), client.signal);
    client.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    const [after] = await pool.sample(fakeJob('echo'));
    expect(after?.metadata.pid).toBe(before?.metadata.pid);
  });

  it('passes on what the sampler throws', async () => {
    const pool = await start();
    await expect(pool.sample(fakeJob('fail'))).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'no such thing',
      field: 'steps',
    });
  });

  it('fails a job that crashes every process, and replaces them', async () => {
    const pool = await start();
    const crashing = pool.sample(fakeJob('crash'));
    const patient = pool.sample(fakeJob('echo', 9));
    await expect(crashing).rejects.toMatchObject({
      code: 'worker-lost',
      message: expect.stringContaining('exit code 3') as unknown,
    });
    const [network] = await patient;
    expect(network?.bytes[0]).toBe(9);
  });

  it('runs a job again when its process was killed', async () => {
    const pool = await start();
    const [network] = await pool.sample(fakeJob('crash-once', 5));
    expect(network?.bytes[0]).toBe(5);
  });

  it('stops a job that takes too long, and keeps its process', async () => {
    const pool = await start({ jobTimeoutMs: 50 });
    const [before] = await pool.sample(fakeJob('echo'));
    await expect(pool.sample(fakeJob('slow'))).rejects.toMatchObject({
      code: 'job-timeout',
      message: expect.stringContaining('longer than 50 ms') as unknown,
    });
    const [after] = await pool.sample(fakeJob('echo'));
    expect(after?.metadata.pid).toBe(before?.metadata.pid);
  });

  it('ends a process whose job takes too long and does not stop', async () => {
    const pool = await start({ jobTimeoutMs: 50, stopGraceMs: 50 });
    const [before] = await pool.sample(fakeJob('echo'));
    await expect(pool.sample(fakeJob('hang'))).rejects.toMatchObject({
      code: 'job-timeout',
      message: expect.stringContaining('longer than 50 ms') as unknown,
    });
    const [after] = await pool.sample(fakeJob('echo'));
    expect(after?.metadata.pid).not.toBe(before?.metadata.pid);
  });

  it('tells where a process computes that had to fall back', async () => {
    const marker = path.join(folder.modelsDir, 'gpu');
    writeFileSync(marker, '');
    const told: Device[] = [];
    const pool = await start({
      device: 'cuda',
      workers: 2,
      onEvent: (event) => {
        if (event.event === 'worker-ready') told.push(event.device);
      },
    });
    await until(() => pool.health().alive === 2);
    expect(pool.device()).toEqual({ provider: 'cuda', requested: 'cuda' });
    rmSync(marker);
    // One of the two is replaced, and finds no GPU any more.
    await pool.sample(fakeJob('crash-once'));
    await until(() => pool.health().alive === 2);
    const fallback = { provider: 'cpu', requested: 'cuda', fallbackReason: 'no GPU' };
    expect(pool.device()).toEqual(fallback);
    const cuda = { provider: 'cuda', requested: 'cuda' };
    expect(told).toEqual([cuda, cuda, fallback]);
  });

  it('does not start without a process that loads the flows', async () => {
    writeFileSync(path.join(folder.modelsDir, 'broken'), '');
    await expect(start({ workers: 2 })).rejects.toMatchObject({
      code: 'model-invalid',
      message: 'flow.onnx is broken',
    });
  });

  it('fails waiting jobs when no process can be replaced, and recovers when one can', async () => {
    const pool = await start();
    const marker = path.join(folder.modelsDir, 'broken');
    writeFileSync(marker, '');
    await expect(pool.sample(fakeJob('crash-once'))).rejects.toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 5,
      cause: { code: 'model-invalid' },
    });
    expect(pool.health().alive).toBe(0);
    rmSync(marker);
    await until(() => pool.health().alive === 1);
    expect(await pool.sample(fakeJob('echo'))).toHaveLength(1);
  });

  describe('a batch', () => {
    /** Results of jobs that wait together behind another one, in a pool of one process. */
    async function together(
      pool: SamplerPool,
      jobs: readonly SampleJob[],
    ): Promise<readonly PromiseSettledResult<readonly GeneratedNetwork[]>[]> {
      const before = pool.sample(fakeJob('slow', 1, 30));
      const results = Promise.allSettled(jobs.map((own) => pool.sample(own)));
      await before;
      return results;
    }

    const seedsOf = (results: Awaited<ReturnType<typeof together>>): readonly unknown[] =>
      results.map((result) =>
        result.status === 'fulfilled'
          ? result.value[0]?.bytes[0]
          : (result.reason as WeightspringError).code,
      );

    it('holds the jobs that wait and differ in seed, networks and format only', async () => {
      const pool = await start();
      const jobs = [
        fakeJob('echo', 1),
        fakeJob('echo', 2, 7),
        { ...fakeJob('echo', 3), format: 'npz' as const, count: 5 },
        fakeJob('echo', 4, 7),
        { ...fakeJob('echo', 5), solver: 'heun' as const },
      ];
      const results = await together(pool, jobs);
      expect(seedsOf(results)).toEqual([1, 2, 3, 4, 5]);
      const batches = results.map((result) =>
        result.status === 'fulfilled' ? result.value[0]?.metadata.batch : undefined,
      );
      // The first of the process was the slow job.
      expect(batches).toEqual(['2', '3', '2', '3', '4']);
    });

    it('answers each job with its own error', async () => {
      const pool = await start();
      const jobs = [1, 13, 2].map((seed) => fakeJob('fail-13', seed));
      expect(seedsOf(await together(pool, jobs))).toEqual([1, 'invalid-argument', 2]);
    });

    it.each([
      ['crash-13', 'worker-lost'],
      ['hang-13', 'job-timeout'],
      ['slow-13', 'job-timeout'],
    ])('loses only the job that crashes, hangs or takes too long: %s', async (flow, code) => {
      const pool = await start({ jobTimeoutMs: 500, stopGraceMs: 100 });
      const jobs = [1, 13, 2, 3].map((seed) => fakeJob(flow, seed));
      expect(seedsOf(await together(pool, jobs))).toEqual([1, code, 2, 3]);
    });

    it('goes on without a job that is cancelled', async () => {
      const pool = await start();
      const before = pool.sample(fakeJob('slow', 1, 30));
      const client = new AbortController();
      const cancelled = pool.sample(fakeJob('slow', 2, 500), client.signal);
      const other = pool.sample(fakeJob('slow', 3, 500));
      await before;
      await until(() => pool.health().queued === 0);
      client.abort();
      await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
      const [network] = await other;
      expect(network).toMatchObject({ bytes: Uint8Array.of(3, 1), metadata: { batch: '2' } });
    });

    it('waits a moment for others while another process is busy', async () => {
      const pool = await start({ workers: 2, batchWindowMs: 500 });
      await until(() => pool.health().alive === 2);
      const client = new AbortController();
      const busy = pool.sample(fakeJob('slow'), client.signal);
      const first = pool.sample(fakeJob('echo', 2));
      await delay(20);
      expect(pool.health().queued).toBe(1);
      const networks = await Promise.all([first, pool.sample(fakeJob('echo', 3))]);
      expect(networks.map(([network]) => network?.metadata.batch)).toEqual(['1', '1']);
      client.abort();
      await expect(busy).rejects.toMatchObject({ code: 'cancelled' });
    });

    it('is not waited for by a job that comes alone', async () => {
      const pool = await start({ batchWindowMs: 60_000 });
      expect(await pool.sample(fakeJob('echo'))).toHaveLength(1);
      expect(await pool.sample(fakeJob('echo'))).toHaveLength(1);
    });
  });

  it('closes after the accepted jobs, and takes no others', async () => {
    const pool = await start({ drainMs: 10_000 });
    const accepted = [1, 2].map((seed) => pool.sample(fakeJob('slow', seed, 30)));
    const closed = pool.close();
    expect(pool.health().closing).toBe(true);
    await expect(pool.sample(fakeJob('echo'))).rejects.toMatchObject({ code: 'overloaded' });
    expect(await Promise.all(accepted)).toHaveLength(2);
    await closed;
    expect(pool.health()).toMatchObject({ alive: 0, busy: 0, queued: 0 });
  });

  it('gives up on jobs that outlast its patience', async () => {
    const pool = await start({ drainMs: 50 });
    const jobs = [pool.sample(fakeJob('slow')), pool.sample(fakeJob('slow'))];
    const outcomes = Promise.allSettled(jobs);
    await pool.close();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } });
    }
  });
});
