import { networkOf } from '../network/network.js';
import { batchKey } from '../sampling/batch-key.js';
import type { SampleJob } from '../sampling/sample-job.js';
import { compareStarts, FairShare, type Start } from './fair-share.js';
import type { JobResult, Packaging } from './worker-protocol.js';

/** A job that the pool has accepted and not answered. */
export interface PendingJob {
  readonly id: number;
  readonly job: SampleJob;
  /** Whose job it is: clients share the workers. */
  readonly client: string;
  readonly packaging: Packaging;
  /** Planned operations. */
  readonly operations: number;
  /** Jobs with equal keys can run as one batch. */
  readonly key: string;
  /** On the clock of `performance.now`. */
  readonly arrivedMs: number;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
  /** Processes that ended while it ran. */
  crashes: number;
  cancelled: boolean;
}

/** Most networks of a batch: larger evaluations are not faster. */
const MAX_NETWORKS = 64;
/**
 * Most weights of a batch's networks: a few large networks keep a worker busy, and the others are
 * better left to the next free one.
 */
const MAX_WEIGHTS = 2 ** 18;

/** The jobs that wait for a worker. Clients take turns; each client's jobs keep their order. */
export class JobQueue {
  /** In the order of their arrival. */
  readonly #waiting: PendingJob[] = [];
  readonly #share = new FairShare();

  /** @param maxOperations - most planned operations of a batch, which shares one time limit */
  constructor(private readonly maxOperations: number) {}

  get length(): number {
    return this.#waiting.length;
  }

  get first(): PendingJob | undefined {
    return firstOf(this.#share.starts(this.#waiting));
  }

  /** The latest job of the client that has most waiting; of several such clients, the latest of all. */
  get mostDispensable(): PendingJob | undefined {
    const waiting = new Map<string, number>();
    for (const { client } of this.#waiting) waiting.set(client, (waiting.get(client) ?? 0) + 1);
    const most = Math.max(...waiting.values());
    return this.#waiting.findLast(({ client }) => waiting.get(client) === most);
  }

  push(job: Omit<PendingJob, 'key' | 'arrivedMs' | 'crashes' | 'cancelled'>): PendingJob {
    const pending = {
      ...job,
      key: batchKey(job.job),
      arrivedMs: performance.now(),
      crashes: 0,
      cancelled: false,
    };
    this.#waiting.push(pending);
    return pending;
  }

  /** Puts a job back in its place. */
  putBack(pending: PendingJob): void {
    const behind = this.#waiting.findIndex(({ id }) => id > pending.id);
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, pending);
  }

  remove(pending: PendingJob): void {
    const position = this.#waiting.indexOf(pending);
    if (position >= 0) this.#waiting.splice(position, 1);
  }

  clear(): readonly PendingJob[] {
    return this.#waiting.splice(0);
  }

  /**
   * Takes the first job and those that can run with it, in the order of their turns; a job during which
   * a process ended runs alone.
   *
   * @param workers - free workers, which share such jobs
   */
  takeBatch(workers: number): readonly PendingJob[] {
    const starts = this.#share.starts(this.#waiting);
    const first = firstOf(starts);
    if (first === undefined) return [];
    const matching = starts
      .filter(
        ({ job }) => job !== first && job.key === first.key && job.crashes + first.crashes === 0,
      )
      .sort(compareStarts)
      .map(({ job }) => job);
    const networks = matching.reduce((sum, { job }) => sum + job.count, first.job.count);
    const most = Math.min(
      Math.ceil(networks / workers),
      MAX_NETWORKS,
      MAX_WEIGHTS / networkOf(first.job.architecture).parameters,
    );
    let { count } = first.job;
    let { operations } = first;
    const companions = matching.filter((other) => {
      const fits =
        count + other.job.count <= most && operations + other.operations <= this.maxOperations;
      if (!fits) return false;
      count += other.job.count;
      operations += other.operations;
      return true;
    });
    const batch = [first, ...companions];
    for (const pending of batch) this.remove(pending);
    if (this.#waiting.length === 0) this.#share.forget();
    else this.#share.serve(batch);
    return batch;
  }
}

function firstOf(starts: readonly Start<PendingJob>[]): PendingJob | undefined {
  return starts.reduce<Start<PendingJob> | undefined>(
    (best, next) => (best === undefined || compareStarts(next, best) < 0 ? next : best),
    undefined,
  )?.job;
}
