import { COMMAND_SIGNALS, exitCodeOf, onStopSignal, type StopSignal } from '../stop-signals.js';
import { onStopOrder } from './supervisor-link.js';

let received: StopSignal | null = null;

/**
 * A signal that aborts at the first Ctrl-C, SIGTERM or SIGHUP, whether it comes from the system or from the
 * supervisor: from a terminal it comes from both. A second ends the process at once.
 *
 * @param onInterrupt - called at the first one
 */
export function interruptSignal(onInterrupt: () => void = () => undefined): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: StopSignal): void => {
    if (controller.signal.aborted) return;
    received = signal;
    onInterrupt();
    controller.abort();
  };
  onStopSignal(stop, undefined, COMMAND_SIGNALS);
  onStopOrder(stop);
  return controller.signal;
}

/** Exit code of a command that was stopped by a signal; null where there was none. */
export function interruptExitCode(): number | null {
  return received === null ? null : exitCodeOf(received);
}
