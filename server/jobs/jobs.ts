import type { JobLimits, NetworkSource } from '../../src/index.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import { EventStreams } from './event-streams.js';
import { JobMetrics } from './job-metrics.js';
import { JobRunner } from './job-runner.js';
import type { JobStore } from './job-store.js';
import { runNetworks } from './run-networks.js';
import type { StoredArtefacts } from './stored-artefacts.js';

/** Where jobs and their files are kept. */
export interface JobState {
  readonly store: JobStore;
  readonly artefacts: StoredArtefacts;
  /** Closes both, and leaves the folder to the next process. */
  close(): Promise<void>;
}

export interface JobsOptions {
  readonly state: JobState;
  readonly source: NetworkSource;
  readonly limits: JobLimits;
  /** Most jobs that wait or run. */
  readonly mostUnfinished: number;
  /** Most jobs that run at the same time. */
  readonly most: number;
  /** Most of them of one client. */
  readonly mostPerClient: number;
  /** How long finished jobs are remembered. */
  readonly keepMs: number;
  readonly writeTimeoutMs: number;
  /** Default 15,000. */
  readonly heartbeatMs?: number;
  readonly log: Log;
}

/** What the jobs need of the service around them. */
export interface JobSurroundings {
  /** Why the device is refused, if so. */
  readonly deviceFault: () => string | undefined;
  readonly metrics: Pick<Metrics, 'countNetworks'>;
}

/** The jobs of a service: those that wait, those that run, and who follows them. */
export class Jobs {
  readonly store: JobStore;
  readonly artefacts: StoredArtefacts;
  readonly streams: EventStreams;
  readonly metrics: JobMetrics;
  readonly mostUnfinished: number;
  readonly #options: JobsOptions;
  #runner: JobRunner | undefined;

  constructor(options: JobsOptions) {
    const { state, writeTimeoutMs, heartbeatMs = 15_000 } = options;
    this.#options = options;
    this.store = state.store;
    this.artefacts = state.artefacts;
    this.mostUnfinished = options.mostUnfinished;
    this.streams = new EventStreams({ store: this.store, heartbeatMs, writeTimeoutMs });
    this.metrics = new JobMetrics({
      counts: () => this.store.counts(),
      storedBytes: () => this.artefacts.bytes,
      watchers: () => this.streams.size,
    });
  }

  /** Begins to run what waits. */
  start({ deviceFault, metrics }: JobSurroundings): void {
    const { store, artefacts } = this;
    const { source, limits } = this.#options;
    this.#runner = new JobRunner({
      ...this.#options,
      store,
      run: runNetworks({ source, limits, artefacts, deviceFault, metrics }),
      metrics: this.metrics,
      onSweep: () => artefacts.evict(),
    });
  }

  /** Tells that a job has come. */
  wake(): void {
    this.#runner?.wake();
  }

  /** As {@link JobRunner.cancel}. */
  async cancel(id: string): ReturnType<JobRunner['cancel']> {
    return this.#runner?.cancel(id);
  }

  /** Starts no more jobs, and lets those go who follow some. */
  leave(): void {
    this.#runner?.leave();
    this.streams.close();
  }

  /** Waits for the jobs that run, and closes the store: what has not ended goes on with the next start. */
  async close(): Promise<void> {
    this.leave();
    await this.#runner?.idle();
    await this.#options.state.close();
  }
}
