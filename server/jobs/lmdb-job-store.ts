import { EventEmitter } from 'node:events';
import type { RootDatabase } from 'lmdb';
import { WeightspringError } from '../../src/index.js';
import { Backlog } from './backlog.js';
import {
  acceptedJob,
  eventOf,
  isFinal,
  type Job,
  type JobChange,
  type JobEvent,
  type NewJob,
} from './job.js';
import type { ClaimedJob, ExpectedJob, JobPage, JobQuery, JobStore } from './job-store.js';
import { keyOf, openJobTables, type JobTables } from './lmdb-tables.js';

/** Jobs read for one page at most, so that a rare state does not block the event loop. */
const MOST_SCANNED = 1_000;
/** After every version. */
const LAST = Number.MAX_SAFE_INTEGER;
/** Longest id that is looked up: LMDB refuses long keys. */
const MAX_ID_LENGTH = 100;
/** Jobs forgotten in one transaction. */
const MOST_PRUNED = 500;

/**
 * Jobs in LMDB, an embedded transactional store: a folder of this process alone.
 *
 * Each change is one transaction, synced before its promise resolves; those that arrive together
 * share one. The order of what waits is kept in memory and built anew when the store opens.
 */
export class LmdbJobStore implements JobStore {
  readonly #root: RootDatabase;
  readonly #tables: JobTables;
  readonly #backlog = new Backlog();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  /** Jobs that are accepted and not yet on the disk. */
  #arriving = 0;
  #finished = 0;

  private constructor(root: RootDatabase) {
    this.#root = root;
    this.#tables = openJobTables(root);
  }

  /**
   * Opens the store; what ran when it was last in use waits again.
   *
   * @param root - belongs to the store from now on
   * @param now - milliseconds since 1970
   */
  static async open(root: RootDatabase, now: number): Promise<LmdbJobStore> {
    const store = new LmdbJobStore(root);
    await store.#recover(now);
    return store;
  }

  async add(
    job: NewJob,
    payload: unknown,
    mostUnfinished: number,
  ): Promise<{ readonly job: Job; readonly isNew: boolean }> {
    const key = keyOf(job);
    let arriving = 0;
    try {
      const added = await this.#root.transaction(() => {
        const known = key === undefined ? undefined : this.#tables.keys.get(key);
        const earlier = known === undefined ? undefined : this.#tables.jobs.get(known);
        if (earlier !== undefined) return { job: earlier, isNew: false };
        const { queued, running } = this.#backlog;
        const unfinished = queued + running + this.#arriving;
        if (unfinished >= mostUnfinished) return unfinished;
        arriving = 1;
        this.#arriving++;
        const accepted = acceptedJob(job);
        this.#write(accepted, job.createdAt);
        void this.#tables.unfinished.put(job.id, true);
        void this.#tables.payloads.put(job.id, payload);
        if (key !== undefined) void this.#tables.keys.put(key, job.id);
        return { job: accepted, isNew: true };
      });
      if (typeof added === 'number') throw tooMany(added);
      if (added.isNew) this.#backlog.add(added.job);
      return added;
    } finally {
      this.#arriving -= arriving;
    }
  }

  get(id: string): Promise<Job | undefined> {
    return Promise.resolve(isKey(id) ? this.#tables.jobs.get(id) : undefined);
  }

  list({ owner, state, before, limit }: JobQuery): Promise<JobPage> {
    const jobs: Job[] = [];
    let scanned = 0;
    const range = {
      reverse: true,
      limit: MOST_SCANNED,
      ...(before === undefined ? {} : { start: before, exclusiveStart: true }),
    };
    for (const { key, value } of this.#tables.jobs.getRange(range)) {
      scanned++;
      const isWanted =
        (owner === undefined || value.owner === owner) &&
        (state === undefined || value.state === state);
      if (isWanted) jobs.push(value);
      if (jobs.length === limit || scanned === MOST_SCANNED) {
        return Promise.resolve({ jobs, next: key });
      }
    }
    return Promise.resolve({ jobs, next: null });
  }

  async claim(mostPerClient: number, now: number): Promise<ClaimedJob | undefined> {
    const taken = this.#backlog.take(mostPerClient);
    if (taken === undefined) return undefined;
    try {
      const job = await this.#change(taken.id, { state: 'queued' }, now, ({ attempts }) => ({
        state: 'running',
        attempts: attempts + 1,
        startedAt: now,
      }));
      if (job !== undefined) return { job, payload: this.#tables.payloads.get(job.id) };
    } catch (error) {
      this.#backlog.remove(taken);
      this.#backlog.add(taken);
      throw error;
    }
    // It was cancelled a moment ago.
    this.#backlog.remove(taken);
    return this.claim(mostPerClient, now);
  }

  async update(
    id: string,
    expected: ExpectedJob,
    change: JobChange,
    now: number,
  ): Promise<Job | undefined> {
    const job = await this.#change(id, expected, now, () => change);
    if (job === undefined) return undefined;
    if (change.state !== undefined) this.#backlog.remove(job);
    if (change.state === 'queued') this.#backlog.add(job);
    return job;
  }

  events(id: string, after: number): Promise<readonly JobEvent[]> {
    if (!isKey(id)) return Promise.resolve([]);
    const found = this.#tables.events.getRange({ start: [id, after + 1], end: [id, LAST] });
    return Promise.resolve([...found].map(({ value }) => value));
  }

  watch(id: string, onChange: () => void): () => void {
    this.#changes.on(id, onChange);
    return () => this.#changes.off(id, onChange);
  }

  overdue(now: number): Promise<readonly string[]> {
    return Promise.resolve(this.#backlog.overdue(now));
  }

  async prune(endedBefore: number, most: number): Promise<void> {
    for (;;) {
      const surplus = this.#finished - most;
      const oldest = [...this.#tables.finished.getKeys({ limit: MOST_PRUNED })];
      const past = oldest.filter(([endedAt], place) => endedAt < endedBefore || place < surplus);
      if (past.length === 0) return;
      await this.#root.transaction(() => {
        for (const key of past) {
          this.#forget(key[1]);
          void this.#tables.finished.remove(key);
        }
      });
      this.#finished -= past.length;
    }
  }

  counts(): { readonly queued: number; readonly running: number } {
    const { queued, running } = this.#backlog;
    return { queued, running };
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  /** Changes a job in a transaction, if it is as expected. */
  async #change(
    id: string,
    { state, attempts }: ExpectedJob,
    now: number,
    changeOf: (job: Job) => JobChange,
  ): Promise<Job | undefined> {
    const changed = await this.#root.transaction(() => {
      const job = isKey(id) ? this.#tables.jobs.get(id) : undefined;
      const isExpected =
        job?.state === state && (attempts === undefined || job.attempts === attempts);
      if (!isExpected) return undefined;
      const next = { ...job, ...changeOf(job), version: job.version + 1 };
      this.#write(next, now);
      if (isFinal(next.state)) {
        void this.#tables.unfinished.remove(id);
        void this.#tables.payloads.remove(id);
        void this.#tables.finished.put([now, id], true);
      }
      return next;
    });
    if (changed !== undefined) {
      if (isFinal(changed.state)) this.#finished++;
      this.#changes.emit(id);
    }
    return changed;
  }

  /** Inside a transaction, whose promise tells of failures. */
  #write(job: Job, now: number): void {
    void this.#tables.jobs.put(job.id, job);
    void this.#tables.events.put([job.id, job.version], eventOf(job, now));
  }

  #forget(id: string): void {
    const job = this.#tables.jobs.get(id);
    if (job === undefined) return;
    const key = keyOf(job);
    if (key !== undefined) void this.#tables.keys.remove(key);
    for (let version = 1; version <= job.version; version++) {
      void this.#tables.events.remove([id, version]);
    }
    void this.#tables.jobs.remove(id);
  }

  async #recover(now: number): Promise<void> {
    this.#finished = this.#tables.finished.getKeysCount();
    for (const id of [...this.#tables.unfinished.getKeys()]) {
      const job = this.#tables.jobs.get(id);
      if (job === undefined) continue;
      if (job.state === 'running')
        await this.update(id, { state: 'running' }, { state: 'queued' }, now);
      else this.#backlog.add(job);
    }
  }
}

/** Whether this may be the id of a job, which may come from anywhere. */
function isKey(id: string): boolean {
  return id.length <= MAX_ID_LENGTH;
}

function tooMany(unfinished: number): WeightspringError {
  return new WeightspringError(
    'overloaded',
    `${unfinished} jobs are waiting or running, the limit; ask again later`,
    { retryAfterSeconds: 10 },
  );
}
