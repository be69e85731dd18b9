import process from 'node:process';

/**
 * Lets the process continue when its stderr can no longer be written: the reader of a pipe is gone,
 * the terminal hung up, or the disk of a log is full. Hours of work are worth more than progress
 * messages, and a checkpoint must be written after a terminal is lost.
 */
export function ignoreDeadStderr(): void {
  process.stderr.on('error', () => undefined);
}
