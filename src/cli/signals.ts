import { COMMAND_SIGNALS, exitCodeOf, onStopSignal, type StopSignal } from '../stop-signals.js';
import { onStopOrder } from './supervisor-link.js';

let received: StopSignal | null = null;

/**
 * An abort signal for the first Ctrl-C, SIGTERM or SIGHUP, from the system or the supervisor (in a
 * terminal, from both). A second one ends the process at once.
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

/** Exit code of a command stopped by a signal; null if there was none. */
export function interruptExitCode(): number | null {
  return received === null ? null : exitCodeOf(received);
}
