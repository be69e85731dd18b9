import process from 'node:process';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { exitBySignal, type StopSignal } from '../stop-signals.js';

/** Heap of the listening thread, in MB: it stores next to nothing. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 };

let supervisor: number | undefined;
/**
 * Until a command installs a clean stop, a stop order ends the process, as the signal itself would.
 */
let obey: (signal: StopSignal) => void = exitBySignal;

/**
 * Makes this process the child of `supervise`: it stops on the supervisor's orders, and ends with
 * it. Removes the number of the linking file descriptor from the arguments.
 *
 * A thread listens, since the end of the supervisor must be noticed even during a native call.
 */
export function obeySupervisor(): void {
  supervisor = process.ppid;
  const [fd] = process.argv.splice(2, 1);
  const thread = new Worker(new URL('./supervisor-thread.js', import.meta.url), {
    workerData: Number(fd),
    env: SHARE_ENV,
    resourceLimits: THREAD_LIMITS,
    // Flags for the main thread's heap must not apply to it.
    execArgv: [],
  });
  thread.on('message', (signal: StopSignal) => {
    obey(signal);
  });
  thread.unref();
}

/** Calls `stop` when the supervisor asks this process to stop cleanly. */
export function onStopOrder(stop: (signal: StopSignal) => void): void {
  obey = stop;
}

/** The process that users start and signal; undefined if it is this one. */
export function supervisorPid(): number | undefined {
  return supervisor;
}
