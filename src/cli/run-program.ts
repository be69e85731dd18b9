import process from 'node:process';
import { ignoreDeadStderr } from './dead-stderr.js';
import { failureOf } from './failure.js';

/** Runs the command that the arguments of this process name, and sets its exit code. */
export async function runProgram(): Promise<void> {
  ignoreDeadStderr();
  // What escapes from a stream or a timer ends the process like any other failure: on one line.
  process.on('uncaughtException', (error) => {
    fail(error);
    process.exit();
  });
  try {
    // Only now, so that what goes wrong while it is loaded is told on one line too.
    const { createProgram } = await import('./program.js');
    await createProgram().parseAsync();
  } catch (error) {
    fail(error);
  }
}

/** Says on one line what failed, and sets the exit code. */
export function fail(error: unknown): void {
  const { exitCode, message } = failureOf(error);
  if (message !== null) process.stderr.write(`weightspring: ${message}\n`);
  process.exitCode = exitCode;
}
