import process from 'node:process';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WeightspringError } from '../errors.js';
import type { SamplerOptions } from './contracts.js';
import {
  fromErrorRecord,
  type JobResult,
  type OpenedSampler,
  type PoolMessage,
  type WorkerJob,
  type WorkerMessage,
} from './worker-protocol.js';

export interface WorkerProcessOptions {
  readonly path: string | URL;
  readonly sampler: SamplerOptions;
  /** A batch of jobs that runs longer is stopped. */
  readonly jobTimeoutMs: number;
  /** A process that has not stopped so long after it was told to is ended. */
  readonly stopGraceMs: number;
}

/** How a process ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface RunningJob {
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Settings of glibc's allocator: large blocks go back to the system when they are freed. Building a
 * session needs several copies of a model for a moment; without this a process keeps their memory.
 */
const THRIFTY_ALLOCATION = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
};
/**
 * Bounds the young generation of V8 by 3 MB instead of 48: a worker makes little garbage, most of it
 * while it builds a graph, and would keep the pages for good.
 */
const THRIFTY_COLLECTION = ['--max-semi-space-size=1'];

/** The pool's view of one child process, which runs one batch of jobs at a time. */
export class WorkerProcess {
  /** Its flows and device, once the process has opened them. */
  readonly opened: Promise<OpenedSampler>;
  readonly exited: Promise<WorkerExit>;
  readonly #child: ChildProcess;
  readonly #jobTimeoutMs: number;
  readonly #stopGraceMs: number;
  readonly #jobs = new Map<number, RunningJob>();
  #timer: NodeJS.Timeout | undefined;
  /** Whether the running batch has been told to stop for the time it took. */
  #overdue = false;
  #completedJobs = 0;
  #ended: 'crashed' | 'stopped' | undefined;

  constructor({ path, sampler, jobTimeoutMs, stopGraceMs }: WorkerProcessOptions) {
    this.#jobTimeoutMs = jobTimeoutMs;
    this.#stopGraceMs = stopGraceMs;
    // Whatever a library prints goes to stderr: stdout belongs to the command that owns the pool.
    this.#child = fork(path, [], {
      serialization: 'advanced',
      execArgv: THRIFTY_COLLECTION,
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { ...THRIFTY_ALLOCATION, ...process.env },
    });
    // A failure to start or to be reached shows as an exit; unheard it would end this process.
    this.#child.on('error', () => undefined);
    this.exited = this.#exit();
    this.opened = this.#open();
    this.opened.catch(() => undefined);
    this.#child.on('message', (message) => {
      this.#receive(message as WorkerMessage);
    });
    this.#send({ type: 'open', options: sampler });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** Whether the process ended though nobody asked it to. */
  get crashed(): boolean {
    return this.#ended === 'crashed';
  }

  get completedJobs(): number {
    return this.#completedJobs;
  }

  /**
   * Runs jobs together; the caller waits for those before.
   *
   * @returns the result of each, which rejects with what the sampler threw, with `job-timeout` when
   *   it takes too long, or with `internal` when the process ends
   */
  run(batch: readonly WorkerJob[]): readonly Promise<JobResult>[] {
    this.#overdue = false;
    this.#timer = setTimeout(() => {
      this.#stopOverdue();
    }, this.#jobTimeoutMs);
    const results = batch.map(
      ({ id }) =>
        new Promise<JobResult>((resolve, reject) => {
          this.#jobs.set(id, { resolve, reject });
        }),
    );
    this.#send({ type: 'sample', batch });
    return results;
  }

  /** Asks the process to stop the running job at its next step. */
  cancel(id: number): void {
    this.#send({ type: 'cancel', id });
  }

  kill(): void {
    this.#ended ??= 'stopped';
    this.#child.kill('SIGKILL');
  }

  /** Ends the process: kindly, and after `graceMs` by force. */
  async close(graceMs: number): Promise<void> {
    this.#ended ??= 'stopped';
    this.#send({ type: 'close' });
    const patience = new AbortController();
    await Promise.race([
      this.exited,
      delay(graceMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** Stops the batch at its next solver step, and by force where the process does not react. */
  #stopOverdue(): void {
    this.#overdue = true;
    for (const id of this.#jobs.keys()) this.cancel(id);
    this.#timer = setTimeout(() => {
      this.kill();
      this.#failJobs(this.#timeout());
    }, this.#stopGraceMs);
  }

  #timeout(): WeightspringError {
    return new WeightspringError(
      'job-timeout',
      `the networks took longer than ${this.#jobTimeoutMs} ms: ask for fewer networks or steps, ` +
        'or for narrower layers',
    );
  }

  async #open(): Promise<OpenedSampler> {
    const answered = new Promise<OpenedSampler>((resolve, reject) => {
      const onMessage = (message: unknown): void => {
        const answer = message as WorkerMessage;
        if (answer.type === 'ready') resolve(answer);
        else if (answer.type === 'open-failed') reject(fromErrorRecord(answer.error));
      };
      this.#child.once('message', onMessage);
    });
    const ended = this.exited.then(({ code, signal }) => {
      throw new WeightspringError(
        'internal',
        `a sampler process ended before it was ready (${describeExit({ code, signal })})`,
      );
    });
    return Promise.race([answered, ended]);
  }

  async #exit(): Promise<WorkerExit> {
    let exit: WorkerExit = { code: null, signal: null };
    try {
      const [code, signal] = (await once(this.#child, 'exit')) as [
        WorkerExit['code'],
        WorkerExit['signal'],
      ];
      exit = { code, signal };
    } catch {
      // The process could not be started; `once` rejects with the child's error event.
    }
    this.#ended ??= 'crashed';
    const reason = `the sampler process ended during the job (${describeExit(exit)})`;
    this.#failJobs(new WeightspringError('internal', reason));
    return exit;
  }

  #receive(message: WorkerMessage): void {
    if (message.type === 'result') {
      this.#completedJobs++;
      this.#takeJob(message.id)?.resolve(message.result);
    } else if (message.type === 'job-failed') {
      this.#completedJobs++;
      const isLate = this.#overdue && message.error.code === 'cancelled';
      this.#takeJob(message.id)?.reject(isLate ? this.#timeout() : fromErrorRecord(message.error));
    }
  }

  #failJobs(error: WeightspringError): void {
    for (const id of this.#jobs.keys()) this.#takeJob(id)?.reject(error);
  }

  #takeJob(id: number): RunningJob | undefined {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (this.#jobs.size === 0) clearTimeout(this.#timer);
    return job;
  }

  /** A message to a process that has just ended is lost; its exit fails the job. */
  #send(message: PoolMessage): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}

export function describeExit({ code, signal }: WorkerExit): string {
  if (signal !== null) return `signal ${signal}`;
  return code === null ? 'it could not be started' : `exit code ${code}`;
}
