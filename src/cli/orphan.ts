import process from 'node:process';

const CHECK_MS = 250;

/**
 * Calls `onOrphaned` once the parent process has ended, where npm started this one.
 *
 * npm runs its scripts in a shell and passes SIGTERM on to that shell only; most shells end then,
 * and leave the command running with nobody to stop it. Windows knows neither the signal nor a new
 * parent; there nothing is noticed, and Ctrl-C reaches every process by itself.
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
