import process from 'node:process';

/**
 * A signal that aborts at the first Ctrl-C or SIGTERM; a second ends the process at once.
 */
export function interruptSignal(onInterrupt: () => void = () => undefined): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    onInterrupt();
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}
