import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';

/** File descriptor on which a worker process sends heartbeats. */
export const HEARTBEAT_FD = 4;
/** Heartbeats per silence limit. */
const BEATS_PER_LIMIT = 10;
/** Missing heartbeats that explain why a process does not stop when told to. */
const BEATS_PER_DOUBT = 3;
/** Heap of the heartbeat thread, in MB: it holds next to nothing. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 };

/** Interval between heartbeats for a silence limit of `limitMs`. */
export function beatIntervalMs(limitMs: number): number {
  return Math.max(1, Math.round(limitMs / BEATS_PER_LIMIT));
}

/**
 * Sends heartbeats until this process ends. They come from a thread, since inference blocks the main
 * one during an evaluation; a stopped process stops with all its threads.
 */
export function startHeartbeat(intervalMs: number): void {
  new Worker(new URL('./heartbeat-thread.js', import.meta.url), {
    workerData: intervalMs,
    resourceLimits: THREAD_LIMITS,
    // The heap flags of the main thread do not apply.
    execArgv: [],
  }).unref();
}

export interface HeartbeatOptions {
  /** How long the process may be silent after its first heartbeat. */
  readonly limitMs: number;
  readonly onSilence: () => void;
}

/**
 * Watches the heartbeats of a process. Silence is counted in checks, not in time: if this process
 * itself was blocked, its next check is late but counts once.
 */
export class HeartbeatMonitor {
  readonly #timer: NodeJS.Timeout;
  #heard = false;
  /** None before the first heartbeat: a process may take long to start. */
  #silentLooks: number | undefined;

  constructor(beats: Readable, { limitMs, onSilence }: HeartbeatOptions) {
    beats.on('data', () => {
      this.hear();
    });
    // A process that ends closes its end of the pipe.
    beats.on('error', () => undefined);
    this.#timer = setInterval(() => {
      if (this.#heard) this.#silentLooks = 0;
      else if (this.#silentLooks !== undefined) this.#silentLooks++;
      this.#heard = false;
      if ((this.#silentLooks ?? 0) < BEATS_PER_LIMIT) return;
      this.stop();
      onSilence();
    }, beatIntervalMs(limitMs));
  }

  /**
   * Whether the process has been silent for part of the limit: not long enough to end a working one,
   * but long enough to explain why it does not stop when told to.
   */
  get isSilent(): boolean {
    return (this.#silentLooks ?? 0) >= BEATS_PER_DOUBT;
  }

  /** Notes a heartbeat. */
  hear(): void {
    this.#heard = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
