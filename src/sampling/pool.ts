import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Device } from '../devices/device.js';
import { WeightspringError } from '../errors.js';
import type {
  FlowSummary,
  GeneratedNetwork,
  NetworkArchive,
  NetworkSource,
  PoolHealth,
  SampleJob,
  SamplerOptions,
} from './contracts.js';
import { WorkerFleet, type PoolEvent } from './worker-fleet.js';
import { WorkerProcess } from './worker-process.js';
import type { JobResult, JobResults, OpenedSampler, Packaging } from './worker-protocol.js';

export interface SamplerPoolOptions extends SamplerOptions {
  /** Child processes; default min(2, cores). */
  readonly workers?: number;
  /** Jobs that may wait beside those that run; default 64. */
  readonly queueLimit?: number;
  /** A job that runs longer ends its process; default 120,000. */
  readonly jobTimeoutMs?: number;
  /** How long {@link SamplerPool.close} waits for accepted jobs; default 10,000. */
  readonly drainMs?: number;
  /** Wait before a process that ended is replaced; it doubles at each repetition; default 100. */
  readonly respawnDelayMs?: number;
  /** Module that a child process runs; default the sampler's own. */
  readonly workerPath?: string | URL;
  /** Told what happens to the processes; default nothing. */
  readonly onEvent?: (event: PoolEvent) => void;
}

/** One crash may be the machine's fault; a job that ends a second process is at fault itself. */
const MAX_CRASHES_PER_JOB = 1;
/** Weight of the newest job in the mean duration. */
const MEAN_UPDATE = 0.2;

interface PendingJob {
  readonly id: number;
  readonly job: SampleJob;
  readonly packaging: Packaging;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
  crashes: number;
  cancelled: boolean;
}

/**
 * Runs jobs in child processes, so that inference never blocks the caller's thread and a crash
 * costs at most one job.
 *
 * Jobs wait in one bounded queue and start in the order of their arrival. A job whose process ends
 * runs once more on another one; the process is replaced.
 */
export class SamplerPool implements NetworkSource {
  readonly #workers: number;
  readonly #queueLimit: number;
  readonly #drainMs: number;
  readonly #fleet: WorkerFleet;
  readonly #queue: PendingJob[] = [];
  readonly #running = new Map<PendingJob, WorkerProcess>();
  readonly #accepted = new Set<Promise<unknown>>();
  #idle: WorkerProcess[] = [];
  /** Of the first process; nobody sees it before {@link SamplerPool.start} has set it. */
  #opened: OpenedSampler = { flows: [], device: { provider: 'cpu', requested: 'cpu' } };
  #nextId = 0;
  #meanJobMs = 100;
  #closed: Promise<void> | undefined;

  private constructor(options: SamplerPoolOptions) {
    const { modelsDir, threads = 1, device = 'cpu' } = options;
    const { onEvent = () => undefined, jobTimeoutMs = 120_000 } = options;
    const { workerPath: path = new URL('./worker.js', import.meta.url) } = options;
    this.#workers = options.workers ?? Math.min(2, availableParallelism());
    this.#queueLimit = options.queueLimit ?? 64;
    this.#drainMs = options.drainMs ?? 10_000;
    this.#fleet = new WorkerFleet({
      size: this.#workers,
      spawn: () =>
        new WorkerProcess({ path, sampler: { modelsDir, threads, device }, jobTimeoutMs }),
      respawnDelayMs: options.respawnDelayMs ?? 100,
      onReady: (worker) => {
        this.#idle.push(worker);
        this.#dispatch();
      },
      onFailed: (error) => {
        if (this.#fleet.alive === 0) this.#rejectQueued(error);
      },
      onEvent,
    });
  }

  /**
   * Starts the processes and waits until one has loaded the flows.
   *
   * @throws WeightspringError the reason why none could
   */
  static async start(options: SamplerPoolOptions): Promise<SamplerPool> {
    const pool = new SamplerPool(options);
    pool.#opened = await pool.#fleet.start();
    return pool;
  }

  flows(): readonly FlowSummary[] {
    return this.#opened.flows;
  }

  device(): Device {
    return this.#fleet.device ?? this.#opened.device;
  }

  sample(job: SampleJob, signal?: AbortSignal): Promise<readonly GeneratedNetwork[]> {
    return this.#submit('networks', job, signal);
  }

  archive(job: SampleJob, signal?: AbortSignal): Promise<NetworkArchive> {
    return this.#submit('archive', job, signal);
  }

  health(): PoolHealth {
    return {
      alive: this.#fleet.alive,
      busy: this.#running.size,
      queued: this.#queue.length,
      closing: this.#closed !== undefined,
    };
  }

  /** Refuses new jobs, waits for those accepted, and ends the processes; later calls join in. */
  close(): Promise<void> {
    this.#closed ??= this.#drainAndEnd();
    return this.#closed;
  }

  async #submit<P extends Packaging>(
    packaging: P,
    job: SampleJob,
    signal: AbortSignal | undefined,
  ): Promise<JobResults[P]> {
    if (signal?.aborted === true) throw cancelledByCaller();
    this.#ensureRoom();
    const result = new Promise<JobResult>((resolve, reject) => {
      const id = this.#nextId++;
      const pending = { id, job, packaging, resolve, reject, crashes: 0, cancelled: false };
      const onAbort = (): void => {
        this.#cancel(pending, cancelledByCaller());
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(pending);
    });
    this.#accepted.add(result);
    this.#dispatch();
    try {
      // The worker answers in the packaging that the message asked for.
      return (await result) as JobResults[P];
    } finally {
      this.#accepted.delete(result);
    }
  }

  #ensureRoom(): void {
    if (this.#closed !== undefined) {
      throw new WeightspringError('overloaded', 'the service is shutting down; ask again later', {
        retryAfterSeconds: 5,
      });
    }
    if (this.#queue.length < this.#queueLimit) return;
    const waitMs = (this.#queue.length * this.#meanJobMs) / this.#workers;
    throw new WeightspringError(
      'overloaded',
      `${this.#queue.length} requests wait already, the most that may; ask again later`,
      { retryAfterSeconds: Math.min(Math.max(Math.ceil(waitMs / 1000), 1), 60) },
    );
  }

  #dispatch(): void {
    this.#idle = this.#idle.filter(({ alive }) => alive);
    for (;;) {
      const [worker] = this.#idle;
      const [pending] = this.#queue;
      if (worker === undefined || pending === undefined) return;
      this.#idle.shift();
      this.#queue.shift();
      void this.#run(pending, worker);
    }
  }

  async #run(pending: PendingJob, worker: WorkerProcess): Promise<void> {
    this.#running.set(pending, worker);
    const startMs = performance.now();
    try {
      pending.resolve(await worker.run(pending.id, pending.job, pending.packaging));
      this.#meanJobMs += MEAN_UPDATE * (performance.now() - startMs - this.#meanJobMs);
    } catch (error) {
      if (worker.crashed && !pending.cancelled && pending.crashes < MAX_CRASHES_PER_JOB) {
        pending.crashes++;
        this.#queue.unshift(pending);
      } else {
        pending.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#running.delete(pending);
    if (worker.alive) this.#idle.push(worker);
    this.#dispatch();
  }

  /** Rejects a job at once; one that runs stops at its next step. */
  #cancel(pending: PendingJob, reason: WeightspringError): void {
    pending.cancelled = true;
    const position = this.#queue.indexOf(pending);
    if (position >= 0) this.#queue.splice(position, 1);
    this.#running.get(pending)?.cancel(pending.id);
    pending.reject(reason);
  }

  #rejectQueued(error: Error): void {
    for (const pending of this.#queue.splice(0)) pending.reject(error);
  }

  async #drainAndEnd(): Promise<void> {
    const patience = new AbortController();
    await Promise.race([
      Promise.allSettled(this.#accepted),
      delay(this.#drainMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    const reason = new WeightspringError('cancelled', 'the service shut down before the job ended');
    for (const pending of [...this.#queue, ...this.#running.keys()]) this.#cancel(pending, reason);
    await this.#fleet.close();
  }
}

function cancelledByCaller(): WeightspringError {
  return new WeightspringError('cancelled', 'the caller withdrew the job');
}
