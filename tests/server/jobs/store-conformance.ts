import { afterEach, describe, expect, it } from 'vitest';
import { isFinal, type Job, type JobState, type NewJob } from '../../../server/jobs/job.js';
import { jobIds } from '../../../server/jobs/job-id.js';
import type { JobQuery, JobStore } from '../../../server/jobs/job-store.js';

/** A place for one store, which may be opened again and again. */
export interface StorePlace {
  open(): Promise<JobStore>;
  /** Called after all its stores are closed. */
  remove(): Promise<void>;
}

const nextId = jobIds();
const MANY = 1_000;

export function newJob(changes: Partial<NewJob> = {}): NewJob {
  return {
    id: nextId(),
    kind: 'networks',
    request: { flow: 'wdbc', seed: 7 },
    owner: '',
    client: '192.0.2.1',
    priority: 0,
    deadlineAt: 1e12,
    idempotencyKey: null,
    fingerprint: 'f',
    createdAt: 1_000,
    progress: { done: 0, total: 3 },
    ...changes,
  };
}

/** The suite that every implementation of {@link JobStore} passes. */
export function describeJobStore(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name} as a job store`, () => {
    const places: StorePlace[] = [];
    const stores: JobStore[] = [];

    afterEach(async () => {
      await Promise.all(stores.splice(0).map((store) => store.close()));
      await Promise.all(places.splice(0).map((place) => place.remove()));
    });

    async function openPlace(place: StorePlace): Promise<JobStore> {
      const store = await place.open();
      stores.push(store);
      return store;
    }

    async function openStore(): Promise<JobStore> {
      const place = await makePlace();
      places.push(place);
      return openPlace(place);
    }

    /** Closes a store and opens another at its place, as a new process does. */
    async function reopened(store: JobStore): Promise<JobStore> {
      stores.splice(stores.indexOf(store), 1);
      await store.close();
      return openPlace(places.at(-1)!);
    }

    const add = async (store: JobStore, changes: Partial<NewJob> = {}): Promise<Job> =>
      (await store.add(newJob(changes), { seed: 7 }, MANY)).job;

    const claimAll = async (store: JobStore, mostPerClient = MANY): Promise<string[]> => {
      const ids: string[] = [];
      for (;;) {
        const claimed = await store.claim(mostPerClient, 2_000);
        if (claimed === undefined) return ids;
        ids.push(claimed.job.id);
      }
    };

    const listAll = async (store: JobStore, query: Partial<JobQuery> = {}): Promise<Job[]> => {
      const jobs: Job[] = [];
      let before: string | undefined;
      for (;;) {
        const page = await store.list({
          limit: 2,
          ...query,
          ...(before === undefined ? {} : { before }),
        });
        expect(page.jobs.length).toBeLessThanOrEqual(query.limit ?? 2);
        jobs.push(...page.jobs);
        if (page.next === null) return jobs;
        before = page.next;
      }
    };

    /** Brings a job that waits to an end. */
    const end = async (store: JobStore, state: JobState, finishedAt: number): Promise<string> => {
      const { job } = (await store.claim(MANY, finishedAt))!;
      await store.update(job.id, { state: 'running' }, { state, finishedAt }, finishedAt);
      return job.id;
    };

    it('has a job as it was accepted, queued', async () => {
      const store = await openStore();
      const asked = newJob({ owner: 'somebody', priority: -3, idempotencyKey: 'k' });
      const { job, isNew } = await store.add(asked, null, MANY);
      expect(isNew).toBe(true);
      expect(job).toEqual({
        ...asked,
        state: 'queued',
        version: 1,
        attempts: 0,
        startedAt: null,
        finishedAt: null,
        files: null,
        problem: null,
      });
      expect(await store.get(job.id)).toEqual(job);
      expect(await listAll(store)).toEqual([job]);
      expect(store.counts()).toEqual({ queued: 1, running: 0 });
    });

    it.each([
      ['empty', ''],
      ['short', 'x'],
      ['of the right length', '0'.repeat(36)],
      ['very long', 'é'.repeat(5_000)],
      ['a zero byte', '\u0000'],
      ['known to JavaScript', '__proto__'],
    ])('has no job of another id: %s', async (_what, id) => {
      const store = await openStore();
      await add(store);
      expect(await store.get(id)).toBeUndefined();
      expect(await store.events(id, 0)).toEqual([]);
      expect(await store.update(id, { state: 'queued' }, { state: 'failed' }, 1)).toBeUndefined();
    });

    it('hands out a job once, with its payload, to whoever asks at the same time', async () => {
      const store = await openStore();
      const payload = { rows: [[0.1, -1e-300, null]], 'ключ"\n': '\u2028' };
      const ids = await Promise.all(
        Array.from({ length: 8 }, async () => (await store.add(newJob(), payload, MANY)).job.id),
      );
      const claims = await Promise.all(
        Array.from({ length: 12 }, (_, place) => store.claim(MANY, 2_000 + place)),
      );
      const claimed = claims.filter((claim) => claim !== undefined);
      expect(claimed.map(({ job }) => job.id).sort()).toEqual(ids.sort());
      for (const claim of claimed) {
        expect(claim).toMatchObject({ job: { state: 'running', attempts: 1 }, payload });
      }
      expect(store.counts()).toEqual({ queued: 0, running: 8 });
    });

    it('hands out the highest priority first, then the oldest', async () => {
      const store = await openStore();
      const priorities = [0, 5, -10, 5, 10, 0];
      const ids: string[] = [];
      for (const priority of priorities) ids.push((await add(store, { priority })).id);
      const order = [4, 1, 3, 0, 5, 2].map((place) => ids[place]);
      const opened = await reopened(store);
      expect(await claimAll(opened)).toEqual(order);
    });

    it('lets clients take turns, whatever their numbers of jobs and priorities', async () => {
      const store = await openStore();
      for (let count = 0; count < 20; count++) await add(store, { client: 'many', priority: 10 });
      const few = [await add(store, { client: 'few' }), await add(store, { client: 'few' })];
      const order = await claimAll(store);
      expect(order.indexOf(few[0]!.id)).toBeLessThan(2);
      expect(order.indexOf(few[1]!.id)).toBeLessThan(4);
      expect(order).toHaveLength(22);
    });

    it('lets no client have more running jobs than it may', async () => {
      const store = await openStore();
      for (const client of ['a', 'a', 'a', 'b']) await add(store, { client });
      const first = await claimAll(store, 2);
      expect(first).toHaveLength(3);
      await store.update(first[0]!, { state: 'running' }, { state: 'failed' }, 3_000);
      expect(await claimAll(store, 2)).toHaveLength(1);
    });

    it('changes a job only from the state and the run that is expected', async () => {
      const store = await openStore();
      const { id } = await add(store);
      const fail = (state: JobState, attempts?: number) => {
        const expected = attempts === undefined ? { state } : { state, attempts };
        return store.update(id, expected, { state: 'failed', finishedAt: 9 }, 9);
      };
      expect(await fail('running')).toBeUndefined();
      await store.claim(MANY, 2_000);
      expect(await fail('queued')).toBeUndefined();
      await store.update(id, { state: 'running', attempts: 1 }, { state: 'queued' }, 3_000);
      const again = (await store.claim(MANY, 4_000))!;
      expect(again.job).toMatchObject({ attempts: 2, startedAt: 4_000, version: 4 });
      // The run before, which was thought to be gone.
      expect(await fail('running', 1)).toBeUndefined();
      expect(await fail('running', 2)).toMatchObject({
        state: 'failed',
        finishedAt: 9,
        version: 5,
      });
      expect(await fail('failed')).toMatchObject({ version: 6 });
    });

    it('gives a job to either who cancels it or who runs it', async () => {
      const store = await openStore();
      for (let round = 0; round < 10; round++) {
        const { id } = await add(store);
        const [cancelled, claimed] = await Promise.all([
          store.update(id, { state: 'queued' }, { state: 'cancelled' }, 2_000),
          store.claim(MANY, 2_000),
        ]);
        expect([cancelled === undefined, claimed === undefined].filter(Boolean)).toHaveLength(1);
        const { state } = (await store.get(id))!;
        expect(state).toBe(cancelled === undefined ? 'running' : 'cancelled');
        if (claimed !== undefined) {
          await store.update(id, { state: 'running' }, { state: 'failed' }, 3_000);
        }
        expect(store.counts()).toEqual({ queued: 0, running: 0 });
      }
      expect(await claimAll(store)).toEqual([]);
    });

    it('gives a repeated key the same job, and each owner keys of their own', async () => {
      const store = await openStore();
      const idempotencyKey = 'k';
      const twice = await Promise.all(
        Array.from({ length: 5 }, () => store.add(newJob({ idempotencyKey }), null, MANY)),
      );
      expect(twice.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(new Set(twice.map(({ job }) => job.id)).size).toBe(1);
      await end(store, 'succeeded', 3_000);
      const opened = await reopened(store);
      const later = await opened.add(newJob({ idempotencyKey, fingerprint: 'g' }), null, MANY);
      expect(later).toMatchObject({
        isNew: false,
        job: { id: twice[0]!.job.id, state: 'succeeded', fingerprint: 'f' },
      });
      for (const owner of ['a', 'b']) {
        expect(await opened.add(newJob({ idempotencyKey, owner }), null, MANY)).toMatchObject({
          isNew: true,
        });
      }
      expect(await listAll(opened)).toHaveLength(3);
    });

    it('takes so many unfinished jobs, however many come at once', async () => {
      const store = await openStore();
      const tried = await Promise.allSettled(
        Array.from({ length: 9 }, () => store.add(newJob(), null, 5)),
      );
      const refused = tried.filter((result) => result.status === 'rejected');
      expect(refused).toHaveLength(4);
      for (const { reason } of refused) {
        expect(reason).toMatchObject({
          code: 'overloaded',
          retryAfterSeconds: expect.any(Number) as number,
        });
      }
      expect(await listAll(store)).toHaveLength(5);
      await store.claim(MANY, 2_000);
      await expect(store.add(newJob(), null, 5)).rejects.toMatchObject({ code: 'overloaded' });
      const id = (await listAll(store, { state: 'running' }))[0]!.id;
      await store.update(id, { state: 'running' }, { state: 'succeeded' }, 3_000);
      expect(await store.add(newJob(), null, 5)).toMatchObject({ isNew: true });
    });

    it('lists the newest first, in pages, by state and owner', async () => {
      const store = await openStore();
      const ids: string[] = [];
      for (const owner of ['', 'a', '', 'a', 'a']) ids.push((await add(store, { owner })).id);
      await end(store, 'failed', 2_000);
      const idsOf = async (query: Partial<JobQuery>): Promise<number[]> =>
        (await listAll(store, query)).map(({ id }) => ids.indexOf(id));
      expect(await idsOf({})).toEqual([4, 3, 2, 1, 0]);
      expect(await idsOf({ limit: 5 })).toEqual([4, 3, 2, 1, 0]);
      expect(await idsOf({ owner: 'a', limit: 1 })).toEqual([4, 3, 1]);
      expect(await idsOf({ owner: '' })).toEqual([2, 0]);
      expect(await idsOf({ owner: 'nobody' })).toEqual([]);
      expect(await idsOf({ state: 'failed' })).toEqual([0]);
      expect(await idsOf({ state: 'queued', owner: '' })).toEqual([2]);
      // What comes meanwhile does not shift the pages.
      const page = await store.list({ limit: 2 });
      await add(store);
      const next = await store.list({ limit: 2, before: page.next! });
      expect(next.jobs.map(({ id }) => ids.indexOf(id))).toEqual([2, 1]);
    });

    it('tells what happened to a job, in order, and rings when it does', async () => {
      const store = await openStore();
      const { id } = await add(store);
      let rings = 0;
      const stop = store.watch(id, () => rings++);
      await store.claim(MANY, 2_000);
      for (const done of [1, 2]) {
        await store.update(id, { state: 'running' }, { progress: { done, total: 3 } }, 3_000);
      }
      const problem = { code: 'internal', detail: 'it broke', field: 'flow' };
      await store.update(id, { state: 'running' }, { state: 'failed', problem }, 4_000);
      expect(rings).toBe(4);
      stop();
      await store.update(id, { state: 'failed' }, {}, 5_000);
      expect(rings).toBe(4);
      const opened = await reopened(store);
      const events = await opened.events(id, 0);
      expect(
        events.map(({ version, state, at, progress }) => [version, state, at, progress.done]),
      ).toEqual([
        [1, 'queued', 1_000, 0],
        [2, 'running', 2_000, 0],
        [3, 'running', 3_000, 1],
        [4, 'running', 3_000, 2],
        [5, 'failed', 4_000, 2],
        [6, 'failed', 5_000, 2],
      ]);
      expect(events[4]).toMatchObject({ problem });
      expect(await opened.events(id, 4)).toEqual(events.slice(4));
      expect(await opened.events(id, 6)).toEqual([]);
    });

    it('lets what ran wait again after a restart, and knows how often it was started', async () => {
      let store = await openStore();
      const ids = [(await add(store)).id, (await add(store)).id];
      await end(store, 'succeeded', 2_000);
      await store.claim(MANY, 2_000);
      for (const attempts of [1, 2, 3]) {
        store = await reopened(store);
        expect(await store.get(ids[0]!)).toMatchObject({ state: 'succeeded', attempts: 1 });
        expect(await store.get(ids[1]!)).toMatchObject({ state: 'queued', attempts });
        expect(store.counts()).toEqual({ queued: 1, running: 0 });
        expect(await claimAll(store)).toEqual([ids[1]]);
      }
      expect((await store.events(ids[1]!, 0)).map(({ state }) => state)).toEqual([
        'queued',
        ...Array.from({ length: 3 }, () => ['running', 'queued']).flat(),
        'running',
      ]);
    });

    it('names the unfinished jobs beyond their deadline', async () => {
      const store = await openStore();
      const early = await add(store, { deadlineAt: 5_000 });
      const running = await add(store, { deadlineAt: 5_000, priority: 1 });
      await add(store, { deadlineAt: 9_000 });
      await store.claim(MANY, 2_000);
      expect(await store.overdue(5_000)).toEqual([]);
      expect([...(await store.overdue(5_001))].sort()).toEqual([early.id, running.id].sort());
      await store.update(running.id, { state: 'running' }, { state: 'failed' }, 6_000);
      const opened = await reopened(store);
      expect(await opened.overdue(5_001)).toEqual([early.id]);
    });

    it('forgets finished jobs by age and number, with their keys and events, and no others', async () => {
      let store = await openStore();
      const ids: string[] = [];
      for (const idempotencyKey of ['0', '1', '2', '3', '4']) {
        ids.push((await add(store, { idempotencyKey })).id);
      }
      for (const finishedAt of [3_000, 4_000, 5_000]) await end(store, 'succeeded', finishedAt);
      await store.claim(MANY, 2_000);
      await store.prune(3_000, 3);
      expect(await listAll(store)).toHaveLength(5);
      await store.prune(3_001, 3);
      expect((await listAll(store)).map(({ id }) => ids.indexOf(id))).toEqual([4, 3, 2, 1]);
      store = await reopened(store);
      await store.prune(0, 1);
      expect((await listAll(store)).map(({ id }) => ids.indexOf(id))).toEqual([4, 3, 2]);
      await store.prune(1e15, 0);
      const left = await listAll(store);
      expect(left.map(({ id }) => ids.indexOf(id))).toEqual([4, 3]);
      expect(left.every(({ state }) => !isFinal(state))).toBe(true);
      expect(await store.events(ids[0]!, 0)).toEqual([]);
      expect(await store.add(newJob({ idempotencyKey: '0' }), null, MANY)).toMatchObject({
        isNew: true,
      });
      expect(await store.add(newJob({ idempotencyKey: '3' }), null, MANY)).toMatchObject({
        isNew: false,
      });
    });

    it('keeps the files of a job that succeeded', async () => {
      const store = await openStore();
      const { id } = await add(store);
      await store.claim(MANY, 2_000);
      const files = Array.from({ length: 256 }, (_, place) => ({
        id: String(place).padStart(64, 'a'),
        fileName: `network-${place}.onnx`,
        mediaType: 'application/octet-stream',
        sizeBytes: place,
      }));
      await store.update(id, { state: 'running' }, { state: 'succeeded', files }, 3_000);
      const opened = await reopened(store);
      expect((await opened.get(id))?.files).toEqual(files);
    });
  });
}
