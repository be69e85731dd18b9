import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WeightspringError } from '../../../src/errors.js';
import type { Job, NewJob } from '../../../server/jobs/job.js';
import { MAX_ATTEMPTS } from '../../../server/jobs/job-failures.js';
import { JobRunner, type RunJob } from '../../../server/jobs/job-runner.js';
import type { JobStore } from '../../../server/jobs/job-store.js';
import { LmdbJobStore } from '../../../server/jobs/lmdb-job-store.js';
import type { LogFields } from '../../../server/log.js';
import { temporaryFolder } from './temporary-folder.js';
import { newJob } from './store-conformance.js';

describe('the runner of jobs', () => {
  const runners: JobRunner[] = [];
  const stores: JobStore[] = [];

  afterEach(async () => {
    for (const runner of runners) runner.leave();
    await Promise.all(runners.splice(0).map((runner) => runner.idle()));
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  async function openStore(): Promise<JobStore> {
    const path = join(await temporaryFolder(), 'jobs');
    const store = await LmdbJobStore.open(open({ path, maxDbs: 16, overlappingSync: false }), 1);
    stores.push(store);
    return store;
  }

  const add = async (store: JobStore, changes: Partial<NewJob> = {}): Promise<string> =>
    (await store.add(newJob({ deadlineAt: 1e15, ...changes }), null, 1_000)).job.id;

  function start(store: JobStore, run: RunJob, { most = 1, mostPerClient = 10 } = {}) {
    const ended: Job[] = [];
    const logged: { event: string; fields: LogFields }[] = [];
    const runner = new JobRunner({
      store,
      run,
      most,
      mostPerClient,
      keepMs: 1e12,
      log: (_level, event, fields = {}) => logged.push({ event, fields }),
      metrics: { countStart: () => undefined, countEnd: (job) => ended.push(job) },
      sweepMs: 50,
      retryMs: 1,
    });
    runners.push(runner);
    return { runner, ended, logged };
  }

  const until = (store: JobStore, id: string, state: Job['state']): Promise<Job> =>
    vi.waitFor(
      async () => {
        const job = await store.get(id);
        if (job?.state !== state) throw new Error(`it is ${String(job?.state)}`);
        return job;
      },
      { timeout: 10_000, interval: 10 },
    );

  /** A run that ends when it is stopped, as drawing networks does. */
  const untilStopped: RunJob = async (_claimed, { signal }) => {
    await delay(60_000, undefined, { signal }).catch(() => undefined);
    throw new WeightspringError('cancelled', 'the caller withdrew the job');
  };

  it('runs what waits and what comes, so many at a time, each once', async () => {
    const store = await openStore();
    const ids = [await add(store), await add(store)];
    const runs: string[] = [];
    let [running, mostAtOnce] = [0, 0];
    const { runner, ended } = start(
      store,
      async ({ job }) => {
        runs.push(job.id);
        mostAtOnce = Math.max(mostAtOnce, ++running);
        await delay(40);
        running--;
        return [];
      },
      { most: 2 },
    );
    for (let count = 0; count < 20; count++) {
      ids.push(await add(store));
      runner.wake();
    }
    for (const id of ids) {
      const job = await until(store, id, 'succeeded');
      expect(job).toMatchObject({ attempts: 1, progress: { done: 3, total: 3 }, files: [] });
    }
    expect([...runs].sort()).toEqual([...ids].sort());
    expect(mostAtOnce).toBe(2);
    expect(ended).toHaveLength(ids.length);
  });

  it('notes progress, and stops a job between two steps when it is cancelled', async () => {
    const store = await openStore();
    const id = await add(store);
    let steps = 0;
    const { runner } = start(store, async (_claimed, { report, pause }) => {
      while (!pause.aborted) {
        steps++;
        await report(1);
        await delay(5);
      }
      throw new WeightspringError('cancelled', 'stopped');
    });
    await vi.waitFor(async () => {
      expect((await store.get(id))?.progress.done).toBe(1);
    });
    expect(await runner.cancel(id)).toMatchObject({ state: 'cancelled' });
    runner.leave();
    await runner.idle();
    const stopped = steps;
    await delay(30);
    expect(steps).toBe(stopped);
    expect(await store.get(id)).toMatchObject({ state: 'cancelled', problem: null });
  });

  it('cancels one that waits, leaves one that has ended, and knows of no others', async () => {
    const store = await openStore();
    const [first, second] = [await add(store), await add(store)];
    const { runner, ended } = start(store, untilStopped);
    await until(store, first, 'running');
    expect(await runner.cancel(second)).toMatchObject({ state: 'cancelled', attempts: 0 });
    expect(await runner.cancel(second)).toMatchObject({ state: 'cancelled' });
    expect(await runner.cancel('nobody')).toBeUndefined();
    expect(ended).toHaveLength(1);
    await runner.cancel(first);
    const third = await add(store);
    runner.wake();
    await until(store, third, 'running');
    await runner.cancel(third);
  });

  it.each(['worker-lost', 'out-of-memory'] as const)(
    'tries again after %s, a few times',
    async (code) => {
      const store = await openStore();
      const id = await add(store);
      let runs = 0;
      start(store, () => {
        runs++;
        return runs < MAX_ATTEMPTS
          ? Promise.reject(new WeightspringError(code, 'passing'))
          : Promise.resolve([]);
      });
      expect(await until(store, id, 'succeeded')).toMatchObject({ attempts: MAX_ATTEMPTS });
      const never = await openStore();
      const lost = await add(never);
      start(never, () => Promise.reject(new WeightspringError(code, 'for ever')));
      expect(await until(never, lost, 'failed')).toMatchObject({
        attempts: MAX_ATTEMPTS,
        problem: { code },
      });
    },
  );

  it.each(['flow-changed', 'provider-unavailable', 'storage-failed'] as const)(
    'tries again after %s until it is over, and counts one attempt',
    async (code) => {
      const store = await openStore();
      const id = await add(store);
      let runs = 0;
      start(store, () => {
        runs++;
        return runs < 3 * MAX_ATTEMPTS
          ? Promise.reject(new WeightspringError(code, 'not the fault of the job'))
          : Promise.resolve([]);
      });
      expect(await until(store, id, 'succeeded')).toMatchObject({ attempts: 1 });
    },
  );

  it('runs a job again whose end could not be stored', async () => {
    const store = await openStore();
    const update = vi.spyOn(store, 'update');
    for (let failure = 0; failure < 4; failure++) {
      update.mockRejectedValueOnce(new Error('MDB_MAP_FULL'));
    }
    const id = await add(store);
    let runs = 0;
    start(store, () => {
      runs++;
      return Promise.resolve([]);
    });
    expect(await until(store, id, 'succeeded')).toMatchObject({ attempts: 2 });
    expect(runs).toBe(2);
  });

  it('fails at once by what another attempt would meet again, and tells no secrets', async () => {
    const store = await openStore();
    const failures = [
      new WeightspringError('diverged', 'fewer steps', { field: 'steps' }),
      new Error('at /secret/place'),
    ];
    const ids = [await add(store), await add(store)];
    const { logged } = start(store, () => Promise.reject(failures.shift()!));
    expect((await until(store, ids[0]!, 'failed')).problem).toEqual({
      code: 'diverged',
      detail: 'fewer steps',
      field: 'steps',
    });
    const broken = await until(store, ids[1]!, 'failed');
    expect(broken).toMatchObject({ attempts: 1, problem: { code: 'internal' } });
    expect(JSON.stringify(broken)).not.toContain('secret');
    const reasons = logged.filter(({ event }) => event === 'job-broken');
    expect(reasons).toHaveLength(1);
    expect(reasons[0]!.fields.reason).toContain('at /secret/place');
  });

  it('gives up a job that was running each time that the service ended', async () => {
    const store = await openStore();
    const id = await add(store);
    for (let crash = 0; crash < MAX_ATTEMPTS; crash++) {
      await store.claim(10, 1);
      await store.update(id, { state: 'running' }, { state: 'queued' }, 1);
    }
    const run = vi.fn<RunJob>();
    start(store, run);
    const job = await until(store, id, 'failed');
    expect(job).toMatchObject({ attempts: MAX_ATTEMPTS, problem: { code: 'worker-lost' } });
    expect(job.problem?.detail).toContain(`ended ${MAX_ATTEMPTS} times`);
    expect(run).not.toHaveBeenCalled();
  });

  it('fails what is beyond its deadline, waiting or running', async () => {
    const store = await openStore();
    const running = await add(store, { deadlineAt: Date.now() + 2_000 });
    const waiting = await add(store, { deadlineAt: Date.now() + 100 });
    const past = await add(store, { deadlineAt: 5, priority: 10 });
    start(store, untilStopped);
    for (const id of [running, waiting, past]) {
      expect(await until(store, id, 'failed')).toMatchObject({ problem: { code: 'job-timeout' } });
    }
    expect(await store.get(running)).toMatchObject({ attempts: 1 });
    expect(await store.get(waiting)).toMatchObject({ attempts: 0 });
  });

  it('puts back what it cannot end when the service ends, as if it had not begun', async () => {
    const store = await openStore();
    const [first, second] = [await add(store), await add(store)];
    const { runner } = start(store, async (_claimed, { pause, report }) => {
      while (!pause.aborted) {
        await report(2);
        await delay(2);
      }
      throw new WeightspringError('cancelled', 'the service shut down before the job ended');
    });
    await until(store, first, 'running');
    runner.leave();
    await runner.idle();
    for (const id of [first, second]) {
      expect(await store.get(id)).toMatchObject({
        state: 'queued',
        attempts: 0,
        progress: { done: 0, total: 3 },
      });
    }
  });

  it('goes on once a store that failed works again', async () => {
    const store = await openStore();
    const id = await add(store);
    const claim = vi.spyOn(store, 'claim').mockRejectedValueOnce(new Error('disk full'));
    const { logged } = start(store, () => Promise.resolve([]));
    await until(store, id, 'succeeded');
    expect(claim.mock.calls.length).toBeGreaterThan(1);
    expect(logged).toContainEqual({
      event: 'job-store-failed',
      fields: { reason: 'Error: disk full' },
    });
  });
});
