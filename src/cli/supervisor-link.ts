import process from 'node:process';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { exitBySignal, type StopSignal } from '../stop-signals.js';

/** Heap of the thread that listens, in MB: it holds next to nothing. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 };

let supervisor: number | undefined;
/** Until a command stops in order, an order ends the process, as the signal itself would. */
let obey: (signal: StopSignal) => void = exitBySignal;

/**
 * Makes this process the one that `supervise` started: it stops when it is told to, and ends
 * with its supervisor. Takes the number of the file descriptor that links them out of the arguments.
 *
 * A thread listens, since the end of the supervisor has to be noticed also during a native call.
 */
export function obeySupervisor(): void {
  supervisor = process.ppid;
  const [fd] = process.argv.splice(2, 1);
  const thread = new Worker(new URL('./supervisor-thread.js', import.meta.url), {
    workerData: Number(fd),
    env: SHARE_ENV,
    resourceLimits: THREAD_LIMITS,
    // Flags of the main thread's heap do not concern it.
    execArgv: [],
  });
  thread.on('message', (signal: StopSignal) => {
    obey(signal);
  });
  thread.unref();
}

/** Calls `stop` when the supervisor says that this process is to stop in order. */
export function onStopOrder(stop: (signal: StopSignal) => void): void {
  obey = stop;
}

/** The process that users start and signal; undefined where it is this one. */
export function supervisorPid(): number | undefined {
  return supervisor;
}
