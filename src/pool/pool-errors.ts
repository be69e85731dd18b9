import { WeightspringError } from '../errors.js';

/**
 * @param waiting - jobs in the full queue
 * @param waitMs - estimated time until they are done
 */
export function overloaded(waiting: number, waitMs: number): WeightspringError {
  return new WeightspringError(
    'overloaded',
    `all processes are busy and ${waiting} requests are waiting, the limit; ask again later`,
    { retryAfterSeconds: Math.min(Math.max(Math.ceil(waitMs / 1000), 1), 60) },
  );
}

/** Only the log says why no process could be started: clients can only retry. */
export function noProcess(cause: Error): WeightspringError {
  return new WeightspringError(
    'overloaded',
    'no process that generates networks is running, and none could be started; ask again later',
    { cause, retryAfterSeconds: 5 },
  );
}

export function shuttingDown(): WeightspringError {
  return new WeightspringError('overloaded', 'the service is shutting down; ask again later', {
    retryAfterSeconds: 5,
  });
}

export function shutDown(): WeightspringError {
  return new WeightspringError('cancelled', 'the service shut down before the job ended');
}

export function cancelledByCaller(): WeightspringError {
  return new WeightspringError('cancelled', 'the caller withdrew the job');
}

export function isTimeout(error: unknown): boolean {
  return error instanceof WeightspringError && error.code === 'job-timeout';
}
