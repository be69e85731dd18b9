import { networkOf } from '../network/network.js';
import { batchKey } from '../sampling/batch-key.js';
import type { SampleJob } from '../sampling/sample-job.js';
import type { JobResult, Packaging } from './worker-protocol.js';

/** A job that the pool has accepted and not answered. */
export interface PendingJob {
  readonly id: number;
  readonly job: SampleJob;
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

/** The jobs that wait for a worker, in the order of their arrival. */
export class JobQueue {
  readonly #waiting: PendingJob[] = [];

  /** @param maxOperations - most planned operations of a batch, which shares one time limit */
  constructor(private readonly maxOperations: number) {}

  get length(): number {
    return this.#waiting.length;
  }

  get first(): PendingJob | undefined {
    return this.#waiting[0];
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
   * Takes the first job and those behind it that can run with it; a job during which a process ended
   * runs alone.
   *
   * @param workers - free workers, which share such jobs
   */
  takeBatch(workers: number): readonly PendingJob[] {
    const [first, ...others] = this.#waiting;
    if (first === undefined) return [];
    const matching = others.filter(
      ({ key, crashes }) => key === first.key && crashes + first.crashes === 0,
    );
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
    return batch;
  }
}
