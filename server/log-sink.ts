import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import sonicBoom from 'sonic-boom';
import type { Log } from './log.js';

/** A log and its state. */
export interface LogSink {
  readonly log: Log;
  /** Lines dropped because earlier ones had not been read. */
  readonly lostLines: () => number;
  /** Waits briefly for unwritten lines; what is logged later is lost. */
  readonly close: () => Promise<void>;
}

/** Most buffered characters: about a thousand lines. */
const BUFFER_LENGTH = 2 ** 18;
const CLOSE_MS = 1_000;
/** Delay before the next attempt after a failed write. */
const RETRY_MS = 1_000;
const STDERR = 2;

/**
 * Writes events as JSON lines: `{"level":"info","time":"2026-11-26T10:00:00.000Z","event":"closed"}`
 * and the event's fields.
 *
 * The log never ends or delays the service: lines wait in a bounded buffer while their reader is
 * slow, has closed its pipe or has no space left; when it is full, they are dropped and counted.
 *
 * @param fd - file descriptor to write to; default stderr
 */
export function openLogSink(fd: number = STDERR): LogSink {
  // Opening Node's own stream makes a pipe non-blocking: a blocking one would occupy a thread of the
  // pool until it is read, and keep the process alive. Its errors are those of the log.
  if (fd === STDERR) process.stderr.on('error', () => undefined);
  let lost = 0;
  let closed = false;
  const out = new sonicBoom.SonicBoom({
    fd,
    maxLength: BUFFER_LENGTH,
    // Lines are written at once either way, but flush() waits only if there is a minimum.
    minLength: 1,
    retryEAGAIN: () => !closed,
  });
  // What could not be written stays in the buffer. The next line would trigger a retry, but not once
  // the buffer is full, since lines are then dropped first.
  let retry: NodeJS.Timeout | undefined;
  out.on('error', () => {
    if (closed) return;
    retry ??= setTimeout(() => {
      retry = undefined;
      out.flush();
    }, RETRY_MS).unref();
  });
  out.on('drop', () => lost++);
  const logger = pino(
    {
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    out,
  );
  return {
    log: (level, event, fields = {}) => {
      if (closed) lost++;
      else logger[level]({ event, ...fields });
    },
    lostLines: () => lost,
    close: async () => {
      const flushed = new Promise((resolve) => {
        out.flush(resolve);
      });
      await Promise.race([flushed, delay(CLOSE_MS, undefined, { ref: false })]);
      closed = true;
      clearTimeout(retry);
    },
  };
}
