import type { SamplerOptions } from '../sampling/network-sampler.js';
import type { PoolEvent } from './worker-fleet.js';

export interface SamplerPoolOptions extends SamplerOptions {
  /** Child processes; default min(2, cores). By default they share the cores as threads. */
  readonly workers?: number;
  /** Jobs that may wait, not counting those that run or start at once; default 64. */
  readonly queueLimit?: number;
  /**
   * How long a job waits for others that can run with it if one process is free and another one is
   * busy; default 2. A single job does not wait.
   */
  readonly batchWindowMs?: number;
  /** A job that runs longer is stopped between two solver steps; default 120,000. */
  readonly jobTimeoutMs?: number;
  /** A process that has not stopped this long afterwards is ended; default 10,000. */
  readonly stopGraceMs?: number;
  /** A process that takes longer to load the flows is replaced; default 120,000. */
  readonly openTimeoutMs?: number;
  /**
   * A process without a heartbeat for this long is frozen: it is replaced, and its jobs run once
   * more; default 15,000.
   */
  readonly silenceMs?: number;
  /** How long {@link SamplerPool.close} waits for accepted jobs; default 7,000. */
  readonly drainMs?: number;
  /** Delay before a process that ended is replaced, doubled at each repetition; default 100. */
  readonly respawnDelayMs?: number;
  /** Module that a child process runs; default the sampler's own. */
  readonly workerPath?: string | URL;
  /** Called with events of the processes; default: none. */
  readonly onEvent?: (event: PoolEvent) => void;
}
