import { canonicalArchitecture } from '../network/architecture.js';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Device } from '../devices/device.js';
import type { WeightspringError } from '../errors.js';
import type { FlowChanges, RefusedFlow } from '../flows/flow-catalogue.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import type { GeneratedNetwork, NetworkArchive } from '../formats/generated-network.js';
import type { NetworkSource, PoolHealth } from './network-source.js';
import type { SampleJob } from '../sampling/sample-job.js';
import type { SamplerOptions } from '../sampling/network-sampler.js';
import { FlowSnapshot } from '../flows/flow-snapshot.js';
import { jobOperations, operationsWithin } from '../flows/planned-cost.js';
import {
  cancelledByCaller,
  isTimeout,
  noProcess,
  overloaded,
  shutDown,
  shuttingDown,
} from './pool-errors.js';
import type { SamplerPoolOptions } from './pool-options.js';
import { JobQueue, type PendingJob } from './job-queue.js';
import { WorkerFleet } from './worker-fleet.js';
import { WorkerProcess } from './worker-process.js';
import type { JobResult, JobResults, Packaging } from './worker-protocol.js';

/** One crash may be the machine's fault; a job that crashes a second process is at fault itself. */
const MAX_CRASHES_PER_JOB = 1;
/** Weight of the newest job in the mean duration. */
const MEAN_UPDATE = 0.2;

/**
 * Runs jobs in child processes, so that inference never blocks the caller's thread and a crash
 * costs at most one job.
 *
 * Jobs wait in one bounded queue, where clients take turns. Those that differ only in seed,
 * networks and format run as one batch, each with the same bytes as alone. A job whose process ends
 * runs once more on another one, alone; the process is replaced.
 */
export class SamplerPool implements NetworkSource {
  readonly #workers: number;
  readonly #queueLimit: number;
  readonly #drainMs: number;
  readonly #fleet: WorkerFleet;
  readonly #batchWindowMs: number;
  readonly #queue: JobQueue;
  readonly #running = new Map<PendingJob, WorkerProcess>();
  readonly #accepted = new Set<Promise<unknown>>();
  #idle: WorkerProcess[] = [];
  readonly #flows = new FlowSnapshot(() => this.#fleet.readFlows());
  /** From the first process; set before {@link SamplerPool.start} returns. */
  #device: Device = { provider: 'cpu', requested: 'cpu' };
  #windowTimer: NodeJS.Timeout | undefined;
  #nextId = 0;
  #meanJobMs = 100;
  #closed: Promise<void> | undefined;

  private constructor(options: SamplerPoolOptions) {
    const { modelsDir, device = 'cpu', memoryBytes } = options;
    const { onEvent = () => undefined, jobTimeoutMs = 120_000, stopGraceMs = 10_000 } = options;
    const { openTimeoutMs = 120_000, silenceMs = 15_000 } = options;
    const { workerPath: path = new URL('./worker.js', import.meta.url) } = options;
    this.#workers = options.workers ?? Math.min(2, availableParallelism());
    const { threads = Math.max(1, Math.floor(availableParallelism() / this.#workers)) } = options;
    this.#queueLimit = options.queueLimit ?? 64;
    this.#drainMs = options.drainMs ?? 7_000;
    this.#batchWindowMs = options.batchWindowMs ?? 2;
    const limits = { jobTimeoutMs, stopGraceMs, openTimeoutMs, silenceMs };
    const spawn = (sampler: SamplerOptions): WorkerProcess => {
      const onOutput = (text: string): void => {
        onEvent({ event: 'worker-output', pid: worker.pid, text });
      };
      const worker = new WorkerProcess({ path, sampler, ...limits, onOutput });
      return worker;
    };
    this.#queue = new JobQueue(operationsWithin(jobTimeoutMs));
    this.#fleet = new WorkerFleet({
      size: this.#workers,
      spawn: () =>
        spawn({
          modelsDir,
          threads,
          device,
          ...(memoryBytes === undefined ? {} : { memoryBytes }),
          warm: true,
        }),
      spawnReader: () => spawn({ modelsDir, threads: 1, device: 'cpu' }),
      respawnDelayMs: options.respawnDelayMs ?? 100,
      onReady: (worker) => {
        this.#idle.push(worker);
        this.#dispatch();
      },
      onFailed: (error) => {
        // A process that is starting may still run waiting jobs.
        if (this.#fleet.isDown) this.#rejectQueued(error);
      },
      onEvent,
    });
  }

  /**
   * Starts the processes and waits until one has loaded the flows.
   *
   * @throws WeightspringError the reason if none could
   */
  static async start(options: SamplerPoolOptions): Promise<SamplerPool> {
    const pool = new SamplerPool(options);
    const opened = await pool.#fleet.start();
    pool.#device = opened.device;
    pool.#flows.show(opened);
    return pool;
  }

  flows(): readonly FlowSummary[] {
    return this.#flows.catalogue.flows;
  }

  refused(): readonly RefusedFlow[] {
    return this.#flows.catalogue.refused;
  }

  async reload(): Promise<FlowChanges> {
    this.#ensureOpen();
    return this.#flows.reload();
  }

  device(): Device {
    return this.#fleet.device ?? this.#device;
  }

  sample(
    job: SampleJob,
    signal?: AbortSignal,
    client?: string,
  ): Promise<readonly GeneratedNetwork[]> {
    return this.#submit('networks', job, signal, client);
  }

  archive(job: SampleJob, signal?: AbortSignal, client?: string): Promise<NetworkArchive> {
    return this.#submit('archive', job, signal, client);
  }

  health(): PoolHealth {
    return {
      alive: this.#fleet.alive,
      busy: new Set(this.#running.values()).size,
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
    asked: SampleJob,
    signal: AbortSignal | undefined,
    client = '',
  ): Promise<JobResults[P]> {
    if (signal?.aborted === true) throw cancelledByCaller();
    this.#ensureOpen();
    const job = { ...asked, architecture: canonicalArchitecture(asked.architecture) };
    const flow = this.flows().find(({ name }) => name === job.flow);
    const operations = flow === undefined ? 0 : jobOperations(flow, job);
    const result = new Promise<JobResult>((resolve, reject) => {
      const pending = this.#queue.push({
        id: this.#nextId++,
        job,
        client,
        packaging,
        operations,
        resolve,
        reject,
      });
      const onAbort = (): void => {
        this.#cancel(pending, cancelledByCaller());
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#dispatch();
      // With a full queue, no job waits for others.
      if (this.#isOverfull) this.#dispatch({ atOnce: true });
      if (this.#isOverfull) this.#refuseOne();
    });
    this.#accepted.add(result);
    try {
      // The worker returns what the message asked for.
      return (await result) as JobResults[P];
    } finally {
      this.#accepted.delete(result);
    }
  }

  #ensureOpen(): void {
    if (this.#closed === undefined) return;
    throw shuttingDown();
  }

  /** Whether too many jobs wait; those that free processes could take have started already. */
  get #isOverfull(): boolean {
    return this.#queue.length > this.#queueLimit;
  }

  /** Rejects a job of the client that has most waiting: a new client finds a place. */
  #refuseOne(): void {
    const pending = this.#queue.mostDispensable;
    if (pending === undefined) return;
    this.#queue.remove(pending);
    const waiting = this.#queue.length;
    pending.reject(overloaded(waiting, (waiting * this.#meanJobMs) / this.#workers));
  }

  /** @param atOnce - start jobs without waiting for others to join; default false */
  #dispatch({ atOnce = false } = {}): void {
    this.#idle = this.#idle.filter(({ alive }) => alive);
    for (;;) {
      const [worker] = this.#idle;
      const { first } = this.#queue;
      if (worker === undefined || first === undefined) return;
      if (!atOnce && this.#awaitsOthers(first)) return;
      const batch = this.#queue.takeBatch(this.#idle.length);
      this.#idle.shift();
      void this.#run(batch, worker);
    }
  }

  /** Whether the first job waits for others; if so, it is checked again when its time is over. */
  #awaitsOthers({ arrivedMs }: PendingJob): boolean {
    // The next job of a single client would wait in vain.
    if (this.#running.size === 0) return false;
    const waitMs = arrivedMs + this.#batchWindowMs - performance.now();
    if (waitMs <= 0) return false;
    clearTimeout(this.#windowTimer);
    this.#windowTimer = setTimeout(() => {
      this.#dispatch();
    }, waitMs);
    return true;
  }

  async #run(batch: readonly PendingJob[], worker: WorkerProcess): Promise<void> {
    for (const pending of batch) this.#running.set(pending, worker);
    const startMs = performance.now();
    const results = worker.run(batch.map(({ id, job, packaging }) => ({ id, job, packaging })));
    await Promise.all(
      results.map((result, position) => this.#settle(batch, position, result, worker)),
    );
    const meanMs = (performance.now() - startMs) / batch.length;
    this.#meanJobMs += MEAN_UPDATE * (meanMs - this.#meanJobMs);
    if (worker.alive) this.#idle.push(worker);
    this.#dispatch();
  }

  async #settle(
    batch: readonly PendingJob[],
    position: number,
    result: Promise<JobResult>,
    worker: WorkerProcess,
  ): Promise<void> {
    const pending = batch[position] as PendingJob;
    try {
      pending.resolve(await result);
    } catch (error) {
      // Which of several jobs took too long or ended the process shows when each runs alone.
      const isInnocent =
        worker.crashed || (batch.length > 1 && (isTimeout(error) || !worker.alive));
      if (isInnocent && !pending.cancelled && pending.crashes < MAX_CRASHES_PER_JOB) {
        pending.crashes++;
        this.#queue.putBack(pending);
      } else {
        pending.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#running.delete(pending);
  }

  /** Rejects a job at once; one that runs stops at its next step. */
  #cancel(pending: PendingJob, reason: WeightspringError): void {
    pending.cancelled = true;
    this.#queue.remove(pending);
    this.#running.get(pending)?.cancel(pending.id);
    pending.reject(reason);
  }

  #rejectQueued(cause: Error): void {
    const reason = noProcess(cause);
    for (const pending of this.#queue.clear()) pending.reject(reason);
  }

  async #drainAndEnd(): Promise<void> {
    const patience = new AbortController();
    await Promise.race([
      Promise.allSettled(this.#accepted),
      delay(this.#drainMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    const reason = shutDown();
    for (const pending of [...this.#queue.clear(), ...this.#running.keys()]) {
      this.#cancel(pending, reason);
    }
    await this.#fleet.close();
  }
}
