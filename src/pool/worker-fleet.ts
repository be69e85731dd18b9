import { setTimeout as delay } from 'node:timers/promises';
import type { Device } from '../devices/device.js';
import type { FlowCatalogue } from '../flows/flow-catalogue.js';
import { describeExit } from './worker-exit.js';
import type { WorkerProcess } from './worker-process.js';
import type { OpenedSampler } from './worker-protocol.js';

/** Events of the worker processes, for logs. */
export type PoolEvent =
  | { readonly event: 'worker-ready'; readonly pid: number | undefined; readonly device: Device }
  | {
      /** Output of a process or its libraries. */
      readonly event: 'worker-output';
      readonly pid: number | undefined;
      readonly text: string;
    }
  | {
      readonly event: 'worker-failed' | 'worker-ended';
      readonly pid: number | undefined;
      readonly reason: string;
    };

export interface WorkerFleetOptions {
  /** Number of processes to keep running. */
  readonly size: number;
  readonly spawn: () => WorkerProcess;
  /** A process that only opens the flows and reports them. */
  readonly spawnReader: () => WorkerProcess;
  /** Delay before a process that ended is replaced, doubled while replacements also end idle. */
  readonly respawnDelayMs: number;
  readonly onReady: (worker: WorkerProcess) => void;
  /** Called if a process could not load the flows. */
  readonly onFailed: (error: Error) => void;
  readonly onEvent: (event: PoolEvent) => void;
}

const MAX_RESPAWN_DELAY_MS = 30_000;
/** How long a process may take to end before it is killed. */
const CLOSE_GRACE_MS = 2_000;

/** Keeps a number of worker processes alive. */
export class WorkerFleet {
  readonly #options: WorkerFleetOptions;
  readonly #processes = new Set<WorkerProcess>();
  readonly #ready = new Map<WorkerProcess, Device>();
  readonly #closing = new AbortController();
  /** Places whose last process could not load the flows. */
  readonly #failing = new Set<number>();
  #slots: readonly Promise<void>[] = [];

  constructor(options: WorkerFleetOptions) {
    this.#options = options;
  }

  /** Processes that have loaded the flows. */
  get alive(): number {
    return this.#ready.size;
  }

  /** Whether no process is left and no replacement could be started. */
  get isDown(): boolean {
    return this.#failing.size === this.#options.size;
  }

  /** The device of the processes; a fallback if any of them uses one. */
  get device(): Device | undefined {
    const devices = [...this.#ready.values()];
    return devices.find(({ fallbackReason }) => fallbackReason !== undefined) ?? devices[0];
  }

  /**
   * Starts the processes.
   *
   * @returns what the first process opened
   * @throws the first failure, if no process could
   */
  async start(): Promise<OpenedSampler> {
    const workers = Array.from({ length: this.#options.size }, () => this.#spawn());
    this.#slots = workers.map((worker, slot) => this.#keepAlive(worker, slot));
    try {
      return await Promise.any(workers.map(({ opened }) => opened));
    } catch (error) {
      await this.close();
      throw error instanceof AggregateError ? error.errors[0] : error;
    }
  }

  /**
   * Reads the models folders in a separate process: one that crashes its reader does not affect
   * running workers.
   *
   * @throws the reason if it could not be read
   */
  async readFlows(): Promise<FlowCatalogue> {
    const reader = this.#options.spawnReader();
    this.#processes.add(reader);
    try {
      return await reader.opened;
    } finally {
      await reader.close(CLOSE_GRACE_MS);
      this.#processes.delete(reader);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#processes].map((worker) => worker.close(CLOSE_GRACE_MS)));
    await Promise.all(this.#slots);
  }

  #spawn(): WorkerProcess {
    const worker = this.#options.spawn();
    this.#processes.add(worker);
    return worker;
  }

  async #keepAlive(first: WorkerProcess, slot: number): Promise<void> {
    const { signal } = this.#closing;
    let worker = first;
    for (let failures = 0; ; failures++) {
      await this.#attend(worker, slot);
      if (worker.completedJobs > 0) failures = 0;
      const wait = Math.min(this.#options.respawnDelayMs * 2 ** failures, MAX_RESPAWN_DELAY_MS);
      await delay(wait, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      worker = this.#spawn();
    }
  }

  /** Watches one process until it ends. */
  async #attend(worker: WorkerProcess, slot: number): Promise<void> {
    const { onReady, onFailed, onEvent } = this.#options;
    const { pid } = worker;
    try {
      const { device } = await worker.opened;
      this.#ready.set(worker, device);
      this.#failing.delete(slot);
      onEvent({ event: 'worker-ready', pid, device });
      onReady(worker);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      onEvent({ event: 'worker-failed', pid, reason: error.message });
      this.#failing.add(slot);
      onFailed(error);
      worker.kill();
    }
    const exit = await worker.exited;
    this.#ready.delete(worker);
    this.#processes.delete(worker);
    onEvent({ event: 'worker-ended', pid, reason: describeExit(exit) });
  }
}
