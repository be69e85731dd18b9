import process from 'node:process';
import { exitCodeOf, onStopSignal, type StopSignal } from '../stop-signals.js';
import { whenOrphaned } from './orphan.js';

let received: StopSignal | null = null;

/**
 * A signal that aborts at the first Ctrl-C or SIGTERM; a second ends the process at once.
 *
 * @param onInterrupt - called at the first one
 */
export function interruptSignal(onInterrupt: () => void = () => undefined): AbortSignal {
  const controller = new AbortController();
  onStopSignal((signal) => {
    received = signal;
    onInterrupt();
    controller.abort();
  });
  whenOrphaned(() => {
    if (!controller.signal.aborted) process.emit('SIGTERM', 'SIGTERM');
  });
  return controller.signal;
}

/** Exit code of a command that was stopped by a signal; null where there was none. */
export function interruptExitCode(): number | null {
  return received === null ? null : exitCodeOf(received);
}
