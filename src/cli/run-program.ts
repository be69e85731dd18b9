import process from 'node:process';
import { ignoreDeadStderr } from './dead-stderr.js';
import { failureOf } from './failure.js';

/** Runs the command given by the arguments of this process, and sets the exit code. */
export async function runProgram(): Promise<void> {
  ignoreDeadStderr();
  // Errors from streams and timers end the process like any other failure: with one line.
  process.on('uncaughtException', (error) => {
    fail(error);
    process.exit();
  });
  try {
    // Imported here, so that errors while loading are also reported on one line.
    const { createProgram } = await import('./program.js');
    await createProgram().parseAsync();
  } catch (error) {
    fail(error);
  }
}

/** Prints the failure on one line, and sets the exit code. */
export function fail(error: unknown): void {
  const { exitCode, message } = failureOf(error);
  if (message !== null) process.stderr.write(`weightspring: ${message}\n`);
  process.exitCode = exitCode;
}
