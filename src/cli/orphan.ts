import process from 'node:process';

const CHECK_MS = 250;

/**
 * Calls `onOrphaned` once the parent process has ended, if npm started this one.
 *
 * npm runs its scripts in a shell and passes SIGTERM on to that shell only; most shells then end
 * and leave the command running, with nothing to stop it. Windows has neither the signal nor a new
 * parent; this does nothing there, and Ctrl-C reaches every process anyway.
 */
export function whenOrphaned(onOrphaned: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onOrphaned();
  }, CHECK_MS);
  timer.unref();
}
