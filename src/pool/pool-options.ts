import type { SamplerOptions } from '../sampling/network-sampler.js';
import type { PoolEvent } from './worker-fleet.js';

export interface SamplerPoolOptions extends SamplerOptions {
  /** Child processes; default min(2, cores). By default they share the cores as threads. */
  readonly workers?: number;
  /** Jobs that may wait beside those that run or that a free process takes at once; default 64. */
  readonly queueLimit?: number;
  /**
   * How long a job waits for others that can run with it, while a process is free and another one
   * is busy; default 2. A job that comes alone does not wait.
   */
  readonly batchWindowMs?: number;
  /** A job that runs longer is stopped between two solver steps; default 120,000. */
  readonly jobTimeoutMs?: number;
  /** A process that has not stopped so long after that is ended; default 10,000. */
  readonly stopGraceMs?: number;
  /** A process that takes longer to load the flows is replaced; default 120,000. */
  readonly openTimeoutMs?: number;
  /**
   * A process that gives no sign of life for so long is frozen: it is replaced, and its jobs run
   * once more; default 15,000.
   */
  readonly silenceMs?: number;
  /** How long {@link SamplerPool.close} waits for accepted jobs; default 7,000. */
  readonly drainMs?: number;
  /** Wait before a process that ended is replaced; it doubles at each repetition; default 100. */
  readonly respawnDelayMs?: number;
  /** Module that a child process runs; default the sampler's own. */
  readonly workerPath?: string | URL;
  /** Told what happens to the processes; default nothing. */
  readonly onEvent?: (event: PoolEvent) => void;
}
