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
 * Runs a module in a process of its own and watches over it: the first SIGINT, SIGTERM or SIGHUP tells
 * it to stop in order, a second ends it at once, whatever it is doing. A native call blocks the event loop
 * of the process that makes it; this one makes none.
 *
 * The process has this one's streams and flags of Node, and ends when this one does, in whatever
 * way. Its exit code becomes this one's.
 *
 * @param module - calls `obeySupervisor` first
 * @throws Error where no process can be started
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
  // Rejects where there is no process, and so no link either.
  await once(child, 'spawn');
  const link = child.stdio[linkFd] as Writable;
  // Whoever ended hears nothing; that it ended shows by itself.
  link.on('error', () => undefined);
  return { child, link };
}

function firstFree(taken: readonly number[]): number {
  let fd = 0;
  while (taken.includes(fd)) fd++;
  return fd;
}

/** A shell says this of its own children. */
function sayEnded(signal: NodeJS.Signals): void {
  const reason = signal === 'SIGKILL' ? ', by somebody or for want of memory' : '';
  process.stderr.write(`weightspring: its process was ended by ${signal}${reason}\n`);
}
