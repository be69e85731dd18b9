import process from 'node:process';

/**
 * Lets the process go on when nobody reads its stderr any more: the reader of a pipe is gone, the
 * terminal hung up, or the disk under a log is full. Work of hours is worth more than its progress,
 * and a checkpoint has to be written after a terminal is lost.
 */
export function ignoreDeadStderr(): void {
  process.stderr.on('error', () => undefined);
}
