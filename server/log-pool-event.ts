import { deviceShortfall, type PoolEvent } from '../src/index.js';
import type { Log } from './log.js';

/** Most characters of a process's output in one line. */
const TEXT_LENGTH = 2_000;

/**
 * Logs an event of a process. A replacement may lack the device of its predecessor, so each reports
 * its own, as a warning if it is not the requested one.
 */
export function logPoolEvent(log: Log, happened: PoolEvent): void {
  const { event, pid } = happened;
  if (event === 'worker-ready') {
    const { provider, fallbackReason } = happened.device;
    const isAsAsked = deviceShortfall(happened.device) === undefined;
    log(isAsAsked ? 'info' : 'warn', event, {
      pid,
      device: provider,
      deviceFallback: fallbackReason,
    });
  } else if (event === 'worker-output') {
    log('warn', event, { pid, text: happened.text.slice(0, TEXT_LENGTH) });
  } else {
    log(event === 'worker-failed' ? 'error' : 'info', event, { pid, reason: happened.reason });
  }
}
