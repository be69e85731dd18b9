import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';

/** File descriptor of a worker process on which it gives its signs of life. */
export const HEARTBEAT_FD = 4;
/** Signs of life in the time after which their absence tells. */
const BEATS_PER_LIMIT = 10;
/** Signs of life whose absence tells of a process that does not do as it was told. */
const BEATS_PER_DOUBT = 3;
/** Heap of the thread that beats, in MB: it holds next to nothing. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 };

/** How often a process beats that may be silent for `limitMs`. */
export function beatIntervalMs(limitMs: number): number {
  return Math.max(1, Math.round(limitMs / BEATS_PER_LIMIT));
}

/**
 * Lets this process beat until it ends. A thread does it: inference blocks the main one for as long
 * as an evaluation takes, and a process that is stopped stops with all its threads.
 */
export function startHeartbeat(intervalMs: number): void {
  new Worker(new URL('./heartbeat-thread.js', import.meta.url), {
    workerData: intervalMs,
    resourceLimits: THREAD_LIMITS,
    // Flags of the main thread's heap do not concern it.
    execArgv: [],
  }).unref();
}

export interface HeartbeatOptions {
  /** How long the process may be silent once it is known to live. */
  readonly limitMs: number;
  readonly onSilence: () => void;
}

/**
 * Listens to a process. Silence is counted in looks, not read from a clock: where this process
 * itself was held up, its next look comes late and is one look all the same.
 */
export class HeartbeatMonitor {
  readonly #timer: NodeJS.Timeout;
  #heard = false;
  /** None before the first sign of life: a process may take long to start. */
  #silentLooks: number | undefined;

  constructor(beats: Readable, { limitMs, onSilence }: HeartbeatOptions) {
    beats.on('data', () => {
      this.hear();
    });
    // A process that ends takes its end of the pipe along.
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
   * Whether the process has been silent for part of the limit: too short to end one that works,
   * long enough to tell why one that should stop does not.
   */
  get isSilent(): boolean {
    return (this.#silentLooks ?? 0) >= BEATS_PER_DOUBT;
  }

  /** Takes note of a sign of life. */
  hear(): void {
    this.#heard = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
