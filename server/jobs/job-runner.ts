import { setTimeout as delay } from 'node:timers/promises';
import type { WeightspringError } from '../../src/index.js';
import type { Log } from '../log.js';
import { isFinal, type Job, type JobChange, type JobFile } from './job.js';
import {
  attemptsAfter,
  isInternal,
  isStop,
  MAX_ATTEMPTS,
  problemOf,
  reasonOf,
  tooLate,
  triedEnough,
  withdrawn,
} from './job-failures.js';
import type { ClaimedJob, JobStore } from './job-store.js';

/** What the run of a job can do. */
export interface JobControl {
  /** Aborts when the job is cancelled or its deadline is over. */
  readonly signal: AbortSignal;
  /** Aborts then too, and when the service is about to end: no further step may begin. */
  readonly pause: AbortSignal;
  /** Tells how much is done, between two steps. */
  readonly report: (done: number) => Promise<void>;
}

/** Does what a job asks for, and keeps its files. Doing it twice must give the same. */
export type RunJob = (claimed: ClaimedJob, control: JobControl) => Promise<readonly JobFile[]>;

export interface JobRunnerOptions {
  readonly store: JobStore;
  readonly run: RunJob;
  /** Most jobs that run at the same time. */
  readonly most: number;
  /** Most of them of one client. */
  readonly mostPerClient: number;
  /** How long finished jobs are remembered. */
  readonly keepMs: number;
  readonly log: Log;
  readonly metrics: {
    countStart(waitedMs: number): void;
    countEnd(job: Job): void;
  };
  /** Called when ages are checked; default: nothing. */
  readonly onSweep?: () => Promise<void>;
  /** Milliseconds since 1970; default: the system's clock. */
  readonly now?: () => number;
  /** How often deadlines and ages are checked; default 1,000. */
  readonly sweepMs?: number;
  /** How long to wait before a failed job is put back; default 1,000. */
  readonly retryMs?: number;
}

/** A job that runs, with what stops it. */
interface Run {
  readonly stop: AbortController;
  readonly pause: AbortController;
}

/** Most finished jobs remembered, whatever their age. */
const MAX_FINISHED = 100_000;

/** Takes jobs from a store and runs them, a few at a time, until it is stopped. */
export class JobRunner {
  readonly #options: Required<JobRunnerOptions>;
  readonly #active = new Map<string, Run>();
  readonly #runs = new Set<Promise<void>>();
  readonly #leaving = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #filling: Promise<void> | undefined;
  #isHungry = false;
  #sweeping: Promise<void> | undefined;

  constructor(options: JobRunnerOptions) {
    const onSweep = (): Promise<void> => Promise.resolve();
    this.#options = { now: Date.now, sweepMs: 1_000, retryMs: 1_000, onSweep, ...options };
    this.#timer = setInterval(() => {
      this.#sweeping ??= this.#sweep().finally(() => (this.#sweeping = undefined));
    }, this.#options.sweepMs).unref();
    this.wake();
  }

  /** Looks for jobs, unless all places are taken. */
  wake(): void {
    this.#isHungry = true;
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
      // Woken after the last look.
      if (this.#isHungry && !this.#isLeaving) this.wake();
    });
  }

  /**
   * Cancels a job, unless it has ended.
   *
   * @returns the job as it is now; undefined if there is none
   */
  async cancel(id: string): Promise<Job | undefined> {
    const { store } = this.#options;
    for (;;) {
      const job = await store.get(id);
      if (job === undefined || isFinal(job.state)) return job;
      const ended = await this.#end(job, { state: 'cancelled' });
      // Otherwise it was started or ended this very moment.
      if (ended === undefined) continue;
      stop(this.#active.get(id), withdrawn());
      this.wake();
      return ended;
    }
  }

  /** Takes no more jobs; what runs goes on to its next step. */
  leave(): void {
    clearInterval(this.#timer);
    this.#leaving.abort();
    for (const { pause } of this.#active.values()) pause.abort();
  }

  /** Resolves once nothing runs any more, after {@link JobRunner.leave}. */
  async idle(): Promise<void> {
    await this.#filling;
    await Promise.all(this.#runs);
    await this.#sweeping;
  }

  get #isLeaving(): boolean {
    return this.#leaving.signal.aborted;
  }

  async #fill(): Promise<void> {
    const { store, most, mostPerClient, now, log } = this.#options;
    try {
      while (this.#isHungry) {
        this.#isHungry = false;
        while (this.#active.size < most && !this.#isLeaving) {
          const claimed = await store.claim(mostPerClient, now());
          if (claimed === undefined) break;
          this.#start(claimed);
        }
      }
    } catch (error) {
      // The next look, a second later, tries again.
      log('error', 'job-store-failed', { reason: String(error) });
    }
  }

  #start(claimed: ClaimedJob): void {
    const { job } = claimed;
    const control: Run = { stop: new AbortController(), pause: new AbortController() };
    this.#active.set(job.id, control);
    // Claimed while the service was told to end.
    if (this.#isLeaving) control.pause.abort();
    const run = this.#run(claimed, control)
      .catch((error: unknown) => this.#putBackLater(job, error))
      .finally(() => {
        this.#active.delete(job.id);
        this.#runs.delete(run);
        this.wake();
      });
    this.#runs.add(run);
  }

  async #run(claimed: ClaimedJob, control: Run): Promise<void> {
    const { job } = claimed;
    const { log, metrics, now, run } = this.#options;
    const waitedMs = Math.max(now() - job.createdAt, 0);
    log('info', 'job-started', { jobId: job.id, kind: job.kind, attempt: job.attempts, waitedMs });
    if (job.attempts === 1) metrics.countStart(waitedMs);
    let files: readonly JobFile[];
    try {
      if (job.attempts > MAX_ATTEMPTS) throw triedEnough();
      if (job.deadlineAt <= now()) throw tooLate();
      files = await run(claimed, {
        signal: control.stop.signal,
        pause: control.pause.signal,
        report: (done) => this.#report(job, done, control),
      });
    } catch (error) {
      const { signal } = control.stop;
      await this.#settle(job, signal.aborted ? (signal.reason as unknown) : error);
      return;
    }
    const { total } = job.progress;
    await this.#end(job, { state: 'succeeded', files, progress: { done: total, total } });
  }

  /** Decides what becomes of a job whose run ended with an error. */
  async #settle(job: Job, error: unknown): Promise<void> {
    const { log } = this.#options;
    const attempts = attemptsAfter(job, error);
    if (attempts !== undefined) {
      if (!isStop(error)) {
        log('warn', 'job-retried', { jobId: job.id, attempt: job.attempts, reason: String(error) });
        await this.#retryDelay();
      }
      await this.#putBack(job, attempts);
      return;
    }
    if (isInternal(error)) {
      log('error', 'job-broken', { jobId: job.id, reason: reasonOf(error) });
    }
    await this.#end(job, {
      state: 'failed',
      attempts: Math.min(job.attempts, MAX_ATTEMPTS),
      problem: problemOf(error),
    });
  }

  async #report(job: Job, done: number, control: Run): Promise<void> {
    const { store, now } = this.#options;
    const progress = { done, total: job.progress.total };
    const known = await store.update(job.id, runOf(job), { progress }, now());
    if (known === undefined) stop(control, withdrawn());
  }

  async #putBack(job: Job, attempts: number): Promise<void> {
    const { store, now } = this.#options;
    const progress = { done: 0, total: job.progress.total };
    await store.update(job.id, runOf(job), { state: 'queued', attempts, progress }, now());
  }

  /** Puts a job back whose end could not be stored, once the store works again. */
  async #putBackLater(job: Job, error: unknown): Promise<void> {
    this.#options.log('error', 'job-store-failed', { jobId: job.id, reason: String(error) });
    // One that stays `running` in the store waits again after the next start.
    while (!this.#isLeaving) {
      await this.#retryDelay();
      const isBack = await this.#putBack(job, job.attempts).then(
        () => true,
        () => false,
      );
      if (isBack) return;
    }
  }

  async #retryDelay(): Promise<void> {
    const { signal } = this.#leaving;
    await delay(this.#options.retryMs, undefined, { signal }).catch(() => undefined);
  }

  /** Ends a job as it is known here; undefined if somebody else has changed it. */
  async #end(job: Job, change: JobChange): Promise<Job | undefined> {
    const { store, now, log, metrics } = this.#options;
    const finishedAt = now();
    const ended = await store.update(job.id, runOf(job), { ...change, finishedAt }, finishedAt);
    if (ended === undefined) return undefined;
    metrics.countEnd(ended);
    log('info', 'job-ended', {
      jobId: ended.id,
      state: ended.state,
      attempts: ended.attempts,
      durationMs: ended.startedAt === null ? undefined : finishedAt - ended.startedAt,
      code: ended.problem?.code,
    });
    return ended;
  }

  /** Ends what is beyond its deadline, and forgets old jobs. */
  async #sweep(): Promise<void> {
    const { store, keepMs, now, log, onSweep } = this.#options;
    try {
      for (const id of await store.overdue(now())) {
        const running = this.#active.get(id);
        stop(running, tooLate());
        const job = running === undefined ? await store.get(id) : undefined;
        if (job?.state === 'queued') {
          await this.#end(job, { state: 'failed', problem: problemOf(tooLate()) });
        }
      }
      await store.prune(now() - keepMs, MAX_FINISHED);
      await onSweep();
      this.wake();
    } catch (error) {
      log('error', 'job-store-failed', { reason: String(error) });
    }
  }
}

function stop(run: Run | undefined, reason: WeightspringError): void {
  run?.stop.abort(reason);
  run?.pause.abort();
}

/** The run of a job that this process knows of. */
function runOf({ state, attempts }: Job): Pick<Job, 'state' | 'attempts'> {
  return { state, attempts };
}
