import process from 'node:process';
import { CommanderError } from 'commander';
import { WeightspringError, type ErrorCode } from '../errors.js';
import { fileError, isSystemError } from '../files/file-error.js';
import { oneLine } from './output.js';
import { interruptExitCode } from './signals.js';

/** How a failed command ends. */
export interface Failure {
  readonly exitCode: number;
  /** One line for stderr; null if the error has already been printed. */
  readonly message: string | null;
}

/** If set to 1, the stack of an unexpected error follows its message. */
const STACK_VARIABLE = 'WEIGHTSPRING_STACK';
/** Failures that other arguments would not have prevented; all others exit with 2. */
const OWN_FAULTS: readonly ErrorCode[] = [
  'internal',
  'out-of-memory',
  'storage-failed',
  'diverged',
  'cancelled',
];
const WRITING_CALLS = new Set(['write', 'fsync', 'mkdir', 'rename', 'unlink', 'rmdir']);
/** What a shell reports for a process ended by a closed pipe, as most programs are. */
const CLOSED_PIPE = 141;

/** One line for whatever was thrown, with a stack only on request. */
export function failureOf(thrown: unknown): Failure {
  // Commander has already printed its own line; help and version exit with code 0.
  if (thrown instanceof CommanderError) {
    return { exitCode: thrown.exitCode === 0 ? 0 : 2, message: null };
  }
  if (isClosedStdout(thrown)) return { exitCode: CLOSED_PIPE, message: null };
  const error = fromSystem(thrown);
  if (error instanceof WeightspringError && error.code !== 'internal') {
    return { exitCode: exitCodeOf(error.code), message: oneLine(error.message) };
  }
  return { exitCode: 1, message: unexpected(error) };
}

function exitCodeOf(code: ErrorCode): number {
  const interrupted = code === 'cancelled' ? interruptExitCode() : null;
  return interrupted ?? (OWN_FAULTS.includes(code) ? 1 : 2);
}

function isClosedStdout(error: unknown): boolean {
  return isSystemError(error) && error.code === 'EPIPE' && error.path === undefined;
}

/** Errors of sockets, which do not concern the user's files. */
const OF_SOCKETS = /^E(CONN|HOST|NET|NOTCONN|TIMEDOUT)/;

/** Converts a system error of a file that was opened without context. */
function fromSystem(error: unknown): unknown {
  // Failures to start a program have the same form, but do not concern the user's files.
  if (!isSystemError(error) || 'spawnargs' in error || OF_SOCKETS.test(error.code)) return error;
  const action = WRITING_CALLS.has(error.syscall ?? '') ? 'write' : 'read';
  return fileError(error, { action, path: error.path ?? 'standard output' });
}

function unexpected(error: unknown): string {
  const text = oneLine(error instanceof Error ? error.message : String(error));
  const line =
    `unexpected error: ${text}: this is a bug in weightspring; please report it with the stack ` +
    `that the environment variable ${STACK_VARIABLE}=1 shows`;
  if (process.env[STACK_VARIABLE] !== '1' || !(error instanceof Error)) return line;
  return `${line}\n${error.stack ?? ''}`;
}
