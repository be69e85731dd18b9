import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How a process ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it was ended, if it was faulty. */
  readonly reason?: string;
}

/** Resolves when a process has ended, or could not be started. */
export async function exitOf(child: ChildProcess): Promise<WorkerExit> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [
      WorkerExit['code'],
      WorkerExit['signal'],
    ];
    return { code, signal };
  } catch {
    // The process could not be started; `once` rejects with the child's error event.
    return { code: null, signal: null };
  }
}

export function describeExit({ code, signal, reason }: WorkerExit): string {
  if (reason !== undefined) return reason;
  if (signal !== null) return `signal ${signal}`;
  return code === null ? 'it could not be started' : `exit code ${code}`;
}
