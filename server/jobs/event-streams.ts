import type { Response } from 'express';
import { Bell } from './bell.js';
import { isFinal, type JobEvent } from './job.js';
import { eventDocument } from './job-document.js';
import type { JobStore } from './job-store.js';

export interface EventStreamsOptions {
  readonly store: Pick<JobStore, 'events' | 'watch'>;
  /** How often a line is sent where nothing happens, so that nobody takes the connection for dead. */
  readonly heartbeatMs: number;
  /** How long a client may take to read what was sent. */
  readonly writeTimeoutMs: number;
}

/** After how long a client that lost its connection comes back, in ms. */
const RETRY_MS = 1_000;

/** The clients that follow jobs, by server-sent events. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #open = new Set<Bell>();
  #isClosed = false;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Sends the events of a job whose version is greater than `after`, and those to come until it ends.
   *
   * @param res - whose head has been written
   */
  async send(res: Response, id: string, after: number): Promise<void> {
    const { store, heartbeatMs } = this.#options;
    const bell = new Bell();
    const ring = (): void => {
      bell.ring();
    };
    const stopWatching = store.watch(id, ring);
    this.#open.add(bell);
    res.once('close', ring);
    let sent = after;
    res.write(`retry: ${RETRY_MS}\n\n`);
    try {
      while (!res.destroyed && !this.#isClosed) {
        const events = await store.events(id, sent);
        for (const event of events) res.write(toText(event));
        const last = events.at(-1);
        sent = last?.version ?? sent;
        if (last !== undefined && isFinal(last.state)) return;
        await this.#untilRead(res);
        const hasRung = await bell.wait(heartbeatMs);
        if (!hasRung) res.write(': nothing new\n\n');
      }
    } finally {
      stopWatching();
      this.#open.delete(bell);
      res.end();
    }
  }

  /** Ends all streams; their clients come back, and continue where they were. */
  close(): void {
    this.#isClosed = true;
    for (const bell of this.#open) bell.ring();
  }

  /** Waits for a client to read; one that does not is disconnected. */
  async #untilRead(res: Response): Promise<void> {
    if (!res.writableNeedDrain) return;
    const bell = new Bell();
    const ring = (): void => {
      bell.ring();
    };
    res.once('drain', ring).once('close', ring);
    const isRead = await bell.wait(this.#options.writeTimeoutMs);
    res.off('drain', ring).off('close', ring);
    if (!isRead) res.destroy();
  }
}

function toText(event: JobEvent): string {
  const { version, state } = event;
  return `id: ${version}\nevent: ${state}\ndata: ${JSON.stringify(eventDocument(event))}\n\n`;
}
