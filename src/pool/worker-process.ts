import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { WeightspringError } from '../errors.js';
import type { SamplerOptions } from '../sampling/network-sampler.js';
import { MessagePipe } from './message-pipe.js';
import { pipeTo, spawnWorker } from './spawn-worker.js';
import { describeExit, exitOf, type WorkerExit } from './worker-exit.js';
import { HEARTBEAT_FD, HeartbeatMonitor } from './heartbeat.js';
import {
  fromErrorRecord,
  isWorkerMessage,
  MESSAGE_FD,
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
  /** A process that has not stopped this long after it was told to is ended. */
  readonly stopGraceMs: number;
  /** A process that has not opened its flows by then is ended. */
  readonly openTimeoutMs: number;
  /** A process without a heartbeat for this long is ended. */
  readonly silenceMs: number;
  /** Called with the output of the process and its libraries; default: ignored. */
  readonly onOutput?: (text: string) => void;
}

/** The two ends of a promise. */
interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** How long a process that has closed its pipe may take to end. */
const CLOSED_GRACE_MS = 2_000;

/** The pool's view of one child process, which runs one batch of jobs at a time. */
export class WorkerProcess {
  /** Its flows and device, once the process has opened them. */
  readonly opened: Promise<OpenedSampler>;
  readonly exited: Promise<WorkerExit>;
  readonly #child: ChildProcess;
  readonly #jobTimeoutMs: number;
  readonly #stopGraceMs: number;
  readonly #jobs = new Map<number, Settle<JobResult>>();
  readonly #pipe: MessagePipe;
  readonly #heartbeat: HeartbeatMonitor;
  #opening: Settle<OpenedSampler> | undefined;
  /** Runs while an answer, or the end of the process, is due. */
  #patience: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the running batch has been told to stop because it took too long. */
  #overdue = false;
  /** Why this process was ended, if it was faulty. */
  #endedFor: string | undefined;
  #completedJobs = 0;
  #ended: 'crashed' | 'stopped' | undefined;

  constructor(options: WorkerProcessOptions) {
    const { path, sampler, jobTimeoutMs, stopGraceMs, openTimeoutMs, silenceMs } = options;
    const { onOutput } = options;
    this.#jobTimeoutMs = jobTimeoutMs;
    this.#stopGraceMs = stopGraceMs;
    this.#child = spawnWorker(path, silenceMs);
    // A failure to start or to send shows as an exit; an unhandled event would end this process.
    this.#child.on('error', () => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (data: Buffer) => onOutput?.(data.toString().trimEnd()));
    }
    this.#waitFor(openTimeoutMs, `it did not open its flows within ${openTimeoutMs} ms`);
    this.#heartbeat = new HeartbeatMonitor(pipeTo(this.#child, HEARTBEAT_FD), {
      limitMs: silenceMs,
      onSilence: () => {
        this.#giveUp(`it gave no sign of life for ${silenceMs} ms`);
      },
    });
    this.opened = new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    this.opened.catch(() => undefined);
    this.exited = this.#exit();
    const stream = pipeTo(this.#child, MESSAGE_FD);
    this.#pipe = new MessagePipe(stream, {
      onMessage: (message) => {
        this.#heartbeat.hear();
        if (isWorkerMessage(message)) this.#receive(message);
        else this.#giveUp('it sent what is not a message');
      },
      onBroken: () => {
        this.#giveUp('it sent what is not a message');
      },
    });
    stream.once('close', () => {
      if (this.alive) this.#waitFor(CLOSED_GRACE_MS, 'it closed its pipe and did not end');
    });
    this.#send({ type: 'open', options: sampler });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** Whether the process ended without being asked to. */
  get crashed(): boolean {
    return this.#ended === 'crashed';
  }

  get completedJobs(): number {
    return this.#completedJobs;
  }

  /**
   * Runs jobs together; the caller waits for earlier ones first.
   *
   * @returns the result of each, which rejects with what the sampler threw, with `job-timeout` if it
   *   takes too long, or with `worker-lost` if the process ends
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

  /** Ends the process: on request, and by force after `graceMs`. */
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

  /**
   * Stops the batch at its next solver step, and by force if the process does not react. The process
   * may be frozen, which is not the batch's fault, although the grace ends before its silence limit.
   */
  #stopOverdue(): void {
    this.#overdue = true;
    for (const id of this.#jobs.keys()) this.cancel(id);
    this.#timer = setTimeout(() => {
      if (this.#heartbeat.isSilent) {
        this.#giveUp('it did not stop when it was told to, and gave no sign of life');
        return;
      }
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

  /** Ends the process after a time, unless the answer that is due arrives first. */
  #waitFor(timeoutMs: number, reason: string): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.#giveUp(reason);
    }, timeoutMs);
  }

  /** Ends a faulty process, as if it had crashed. */
  #giveUp(reason: string): void {
    this.#ended ??= 'crashed';
    this.#endedFor ??= reason;
    this.#child.kill('SIGKILL');
  }

  async #exit(): Promise<WorkerExit> {
    let exit = await exitOf(this.#child);
    this.#ended ??= 'crashed';
    clearTimeout(this.#patience);
    this.#heartbeat.stop();
    if (this.#endedFor !== undefined) exit = { ...exit, reason: this.#endedFor };
    const how = describeExit(exit);
    this.#opening?.reject(
      new WeightspringError('internal', `a sampler process ended before it was ready (${how})`),
    );
    this.#failJobs(
      new WeightspringError(
        'worker-lost',
        `the process that generated the networks ended (${how}): ` +
          'ask again later, or for fewer or narrower networks',
      ),
    );
    return exit;
  }

  #receive(message: WorkerMessage): void {
    if (message.type === 'ready') {
      clearTimeout(this.#patience);
      this.#opening?.resolve(message);
    } else if (message.type === 'open-failed') {
      clearTimeout(this.#patience);
      this.#opening?.reject(fromErrorRecord(message.error));
    } else if (message.type === 'result') {
      this.#completedJobs++;
      this.#takeJob(message.id)?.resolve(message.result);
    } else {
      this.#completedJobs++;
      const isLate = this.#overdue && message.error.code === 'cancelled';
      this.#takeJob(message.id)?.reject(isLate ? this.#timeout() : fromErrorRecord(message.error));
    }
  }

  #failJobs(error: WeightspringError): void {
    for (const id of this.#jobs.keys()) this.#takeJob(id)?.reject(error);
  }

  #takeJob(id: number): Settle<JobResult> | undefined {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (this.#jobs.size === 0) clearTimeout(this.#timer);
    return job;
  }

  /** A message to a process that has just ended is lost; its exit fails the job. */
  #send(message: PoolMessage): void {
    this.#pipe.send(message);
  }
}
