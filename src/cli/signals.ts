import { whenOrphaned } from './orphan.js';
import process from 'node:process';

/** The signals that stop a command, with the exit codes that shells give to them. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type InterruptName = keyof typeof EXIT_CODES;

/**
 * A second signal so soon is the first one again: `npm run` hands on to its child the Ctrl-C that
 * the terminal has sent to both already.
 */
const SAME_SIGNAL_MS = 200;

let received: InterruptName | null = null;

/**
 * A signal that aborts at the first Ctrl-C or SIGTERM; a second ends the process at once.
 *
 * @param onInterrupt - called at the first one
 */
export function interruptSignal(onInterrupt: () => void = () => undefined): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  const interrupt = (name: InterruptName): void => {
    if (controller.signal.aborted) {
      if (performance.now() - firstAt >= SAME_SIGNAL_MS) process.exit(EXIT_CODES[name]);
      return;
    }
    firstAt = performance.now();
    received = name;
    onInterrupt();
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  whenOrphaned(() => {
    if (!controller.signal.aborted) process.emit('SIGTERM', 'SIGTERM');
  });
  return controller.signal;
}

/** Exit code of a command that was stopped by a signal; null where there was none. */
export function interruptExitCode(): number | null {
  return received === null ? null : EXIT_CODES[received];
}
