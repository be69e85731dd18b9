import type { ChildProcess } from 'node:child_process';
import process from 'node:process';

/**
 * Suspends and continues a process together with this one. Ctrl-Z in a terminal reaches both, but
 * `kill -TSTP` and `kill -CONT` only the process that they name. Windows has no such signals.
 *
 * @returns a function that takes the listeners away
 */
export function shareSuspension(child: ChildProcess): () => void {
  const suspend = (): void => {
    child.kill('SIGTSTP');
    // The default action: the system takes it where somebody is there to continue the process. It may
    // come a moment later, on another thread, so that only SIGCONT puts the listener back.
    process.off('SIGTSTP', suspend);
    process.kill(process.pid, 'SIGTSTP');
  };
  const resume = (): void => {
    process.off('SIGTSTP', suspend);
    process.on('SIGTSTP', suspend);
    child.kill('SIGCONT');
  };
  process.on('SIGTSTP', suspend);
  process.on('SIGCONT', resume);
  return () => {
    process.off('SIGTSTP', suspend);
    process.off('SIGCONT', resume);
  };
}
