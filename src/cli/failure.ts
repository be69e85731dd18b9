import process from 'node:process';
import { CommanderError } from 'commander';
import { WeightspringError, type ErrorCode } from '../errors.js';
import { fileError, isSystemError } from '../files/file-error.js';
import { oneLine } from './output.js';
import { interruptExitCode } from './signals.js';

/** How a command that failed ends. */
export interface Failure {
  readonly exitCode: number;
  /** One line for stderr; null where all has been said. */
  readonly message: string | null;
}

/** Set to 1, the stack of an unexpected error follows its message. */
const STACK_VARIABLE = 'WEIGHTSPRING_STACK';
/** Failures that no other arguments would have prevented: everything else exits with 2. */
const OWN_FAULTS: readonly ErrorCode[] = [
  'internal',
  'out-of-memory',
  'storage-failed',
  'diverged',
  'cancelled',
];
const WRITING_CALLS = new Set(['write', 'fsync', 'mkdir', 'rename', 'unlink', 'rmdir']);
/** What a shell reports of a process that a closed pipe ended, as most programs are. */
const CLOSED_PIPE = 141;

/** One line for whatever was thrown, and a stack only for who asks for it. */
export function failureOf(thrown: unknown): Failure {
  // Commander has printed its own line already; help and version end with code 0.
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

/** What only sockets meet, which are none of the user's files either. */
const OF_SOCKETS = /^E(CONN|HOST|NET|NOTCONN|TIMEDOUT)/;

/** A file that was opened without saying what for. */
function fromSystem(error: unknown): unknown {
  // Starting a program fails in the same words, and is none of the user's files.
  if (!isSystemError(error) || 'spawnargs' in error || OF_SOCKETS.test(error.code)) return error;
  const action = WRITING_CALLS.has(error.syscall ?? '') ? 'write' : 'read';
  return fileError(error, { action, path: error.path ?? 'standard output' });
}

function unexpected(error: unknown): string {
  const text = oneLine(error instanceof Error ? error.message : String(error));
  const line =
    `unexpected error: ${text}: this is a fault of weightspring; please report it with the stack ` +
    `that the environment variable ${STACK_VARIABLE}=1 shows`;
  if (process.env[STACK_VARIABLE] !== '1' || !(error instanceof Error)) return line;
  return `${line}\n${error.stack ?? ''}`;
}
