import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  COMMAND_SIGNALS,
  exitCodeOf,
  isStopSignal,
  onStopSignal,
  type StopSignal,
} from '../stop-signals.js';
import { ignoreDeadStderr } from './dead-stderr.js';
import { shareSuspension } from './job-control.js';
import { namedDescriptors } from './named-descriptors.js';
import { whenOrphaned } from './orphan.js';

/**
 * Runs a module in a child process and supervises it: the first SIGINT, SIGTERM or SIGHUP asks it
 * to stop cleanly, a second ends it at once, whatever it is doing. Native calls block the event
 * loop of a process; this one makes none.
 *
 * The child inherits the streams and Node flags, and ends when this process does, for whatever
 * reason. This process exits with the child's exit code.
 *
 * @param module - must call `obeySupervisor` first
 * @throws Error if no process can be started
 */
export async function supervise(module: URL, args: readonly string[]): Promise<void> {
  ignoreDeadStderr();
  const { child, link } = await start(module, args);
  let isStopping = false;
  let endedBy: StopSignal | undefined;
  const ignoreSignals = onStopSignal(
    (signal) => {
      isStopping = true;
      link.write(`${signal}\n`);
    },
    (signal) => {
      endedBy ??= signal;
      child.kill('SIGKILL');
    },
    COMMAND_SIGNALS,
  );
  const ignoreSuspension = shareSuspension(child);
  whenOrphaned(() => {
    if (!isStopping) process.emit('SIGTERM', 'SIGTERM');
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  ignoreSignals();
  ignoreSuspension();
  if (signal === null) {
    process.exitCode = code ?? 1;
    return;
  }
  process.exitCode = exitCodeOf(endedBy ?? signal);
  if (endedBy === undefined && !isStopSignal(signal)) sayEnded(signal);
}

async function start(
  module: URL,
  args: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly link: Writable }> {
  const shared = [0, 1, 2, ...namedDescriptors(args)];
  const linkFd = firstFree(shared);
  const stdio = Array.from({ length: Math.max(linkFd, ...shared) + 1 }, (_, fd) => {
    if (fd === linkFd) return 'pipe';
    return shared.includes(fd) ? 'inherit' : 'ignore';
  });
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(module), String(linkFd), ...args],
    { stdio },
  );
  // Rejects if there is no process, and so no link either.
  await once(child, 'spawn');
  const link = child.stdio[linkFd] as Writable;
  // A child that has ended cannot be written to; its end is noticed anyway.
  link.on('error', () => undefined);
  return { child, link };
}

function firstFree(taken: readonly number[]): number {
  let fd = 0;
  while (taken.includes(fd)) fd++;
  return fd;
}

/** A shell prints this for its own children. */
function sayEnded(signal: NodeJS.Signals): void {
  const reason = signal === 'SIGKILL' ? ', by a user or because memory ran out' : '';
  process.stderr.write(`weightspring: the child process was ended by ${signal}${reason}\n`);
}
