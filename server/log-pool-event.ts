import { deviceShortfall, type PoolEvent } from '../src/index.js';
import type { Log } from './log.js';

/** As much as a line shows of what a process prints at once. */
const TEXT_LENGTH = 2_000;

/**
 * Logs what happens to a process. One that replaces another may miss a device that the other had:
 * each tells its own, as a warning where that is not the one asked for.
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
