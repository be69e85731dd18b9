import { WeightspringError, type ErrorCode } from '../../src/index.js';
import { PROBLEMS, toProblem } from '../problems.js';
import type { Job, JobProblem } from './job.js';

/** How often a job is started before it fails for good. */
export const MAX_ATTEMPTS = 3;

/** Failures that another attempt may not meet, though the job may be their cause. */
const PASSING: ReadonlySet<string> = new Set<ErrorCode>(['worker-lost', 'out-of-memory']);
/** Those of which it is not: tried again until the deadline of the job. */
const OUTSIDE: ReadonlySet<string> = new Set<ErrorCode>([
  'flow-changed',
  'provider-unavailable',
  'storage-failed',
]);

/**
 * How many attempts count of a job that is to wait again after a failure; undefined if it fails for
 * good.
 */
export function attemptsAfter({ attempts }: Job, error: unknown): number | undefined {
  const code = error instanceof WeightspringError ? error.code : 'internal';
  if (PASSING.has(code) && attempts < MAX_ATTEMPTS) return attempts;
  // As if it had not been started; one that was cancelled in the store stays so.
  return OUTSIDE.has(code) || isStop(error) ? attempts - 1 : undefined;
}

/** Whether a run ended since it was told to. */
export function isStop(error: unknown): boolean {
  return error instanceof WeightspringError && error.code === 'cancelled';
}

/** Whether only the log may tell of a failure. */
export function isInternal(error: unknown): boolean {
  return PROBLEMS[toProblem(error).code].status === 500;
}

/** Why a job failed, as its client may see it. */
export function problemOf(error: unknown): JobProblem {
  const { code, detail, field } = toProblem(error);
  const told = isInternal(error) ? 'the job failed; the log has the reason under its id' : detail;
  return { code, detail: told, ...(field === undefined ? {} : { field }) };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export function withdrawn(): WeightspringError {
  return new WeightspringError('cancelled', 'the job was cancelled');
}

export function tooLate(): WeightspringError {
  return new WeightspringError(
    'job-timeout',
    'the deadline of the job is over; ask again with a larger deadlineMs, or for less',
  );
}

export function triedEnough(): WeightspringError {
  return new WeightspringError(
    'worker-lost',
    `the service ended ${MAX_ATTEMPTS} times while this job ran, which may be its cause; ask for less`,
  );
}
