import { Counter, Gauge, Histogram, type Metric } from 'prom-client';
import type { Job } from './job.js';

/** Upper bounds in seconds: a job may wait for hours behind others. */
const BUCKETS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400];

/** Figures that are read when they are collected. */
export interface JobFigures {
  readonly counts: () => { readonly queued: number; readonly running: number };
  readonly storedBytes: () => number;
  readonly watchers: () => number;
}

/** Metrics of jobs, for a registry. */
export class JobMetrics {
  readonly #finished = new Counter({
    name: 'weightspring_jobs_finished_total',
    help: 'Jobs that ended since the start of the service, by state.',
    labelNames: ['kind', 'state'],
    registers: [],
  });
  readonly #waits = new Histogram({
    name: 'weightspring_job_wait_seconds',
    help: 'Time from the acceptance of a job to its first start.',
    buckets: BUCKETS,
    registers: [],
  });
  readonly #durations = new Histogram({
    name: 'weightspring_job_duration_seconds',
    help: 'Time from the latest start of a job to its end.',
    labelNames: ['kind'],
    buckets: BUCKETS,
    registers: [],
  });
  readonly all: readonly Metric[];

  constructor({ counts, storedBytes, watchers }: JobFigures) {
    const unfinished = new Gauge({
      name: 'weightspring_jobs',
      help: 'Jobs that have not ended, by state.',
      labelNames: ['state'],
      registers: [],
      collect() {
        const { queued, running } = counts();
        this.set({ state: 'queued' }, queued);
        this.set({ state: 'running' }, running);
      },
    });
    const stored = new Gauge({
      name: 'weightspring_stored_bytes',
      help: 'Disk space of the files that jobs made.',
      registers: [],
      collect() {
        this.set(storedBytes());
      },
    });
    const streams = new Gauge({
      name: 'weightspring_job_watchers',
      help: 'Clients that follow the events of a job.',
      registers: [],
      collect() {
        this.set(watchers());
      },
    });
    this.all = [unfinished, this.#finished, this.#waits, this.#durations, stored, streams];
  }

  countStart(waitedMs: number): void {
    this.#waits.observe(waitedMs / 1_000);
  }

  countEnd({ kind, state, startedAt, finishedAt }: Job): void {
    this.#finished.inc({ kind, state });
    if (startedAt === null || finishedAt === null) return;
    this.#durations.observe({ kind }, Math.max(finishedAt - startedAt, 0) / 1_000);
  }
}
