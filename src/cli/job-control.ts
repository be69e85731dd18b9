import type { ChildProcess } from 'node:child_process';
import process from 'node:process';

/**
 * Suspends and continues a process together with this one. Ctrl-Z in a terminal reaches both, but
 * `kill -TSTP` and `kill -CONT` reach only the process they name. Windows has no such signals.
 *
 * @returns a function that removes the listeners
 */
export function shareSuspension(child: ChildProcess): () => void {
  const suspend = (): void => {
    child.kill('SIGTSTP');
    // Default action: the system stops the process if something can continue it. This may happen a
    // moment later, on another thread, so the listener is restored only at SIGCONT.
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
