import { constants } from 'node:os';
import process from 'node:process';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** A command loses its terminal by SIGHUP; to the service that is an order to reload. */
export const COMMAND_SIGNALS = [...SIGNALS, 'SIGHUP'] as const;
export type StopSignal = (typeof COMMAND_SIGNALS)[number];

/**
 * A signal may arrive twice: a terminal sends Ctrl-C to its whole process group, and npm passes on
 * to its child what it gets itself. Both come within milliseconds; no second key press does.
 */
const ECHO_MS = 300;

/**
 * Calls `stop` at the first of some signals, and `end` at any that comes more than 300 ms later.
 *
 * The times are those at which the event loop delivers the signals: in a process that computes, two
 * that arrive during one native call count as one. A supervisor counts for those.
 *
 * @param end - default: ends the process at once
 * @param signals - default: SIGINT and SIGTERM
 * @returns a function that takes the listeners away
 */
export function onStopSignal(
  stop: (signal: StopSignal) => void,
  end: (signal: StopSignal) => void = exitBySignal,
  signals: readonly StopSignal[] = SIGNALS,
): () => void {
  let stoppedMs: number | undefined;
  const listener = (signal: StopSignal): void => {
    if (stoppedMs === undefined) {
      stoppedMs = performance.now();
      stop(signal);
    } else if (performance.now() - stoppedMs > ECHO_MS) {
      end(signal);
    }
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** Whether a signal asks a process to stop, so that its end needs no explanation. */
export function isStopSignal(signal: NodeJS.Signals): signal is StopSignal {
  return COMMAND_SIGNALS.some((each) => each === signal);
}

/** The status that shells give to a process that a signal ended. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** Ends the process: as process 1, in a container, it has no default action for signals. */
export function exitBySignal(signal: StopSignal): never {
  process.exit(exitCodeOf(signal));
}
