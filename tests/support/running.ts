import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { afterEach } from 'vitest';

/** A process that a test watches. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves with the match once stderr has one; rejects when the process ends before. */
  readonly until: (text: RegExp) => Promise<RegExpExecArray>;
  /** Resolves once the process is gone, and all that share its streams. */
  readonly ended: Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs `node ARGS`; otherwise as {@link startProgram}. */
export function startNode(args: readonly string[], options: SpawnOptions = {}): Running {
  return startProgram(process.execPath, args, options);
}

/**
 * Runs a program; if it still runs after the test, it is killed.
 *
 * @param options - default: this process's group and environment, and nothing on stdin
 */
export function startProgram(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Running {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  const until = (text: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = text.exec(stderr);
        if (match !== null) resolve(match);
      };
      child.stderr!.on('data', look);
      look();
      void ended.then(() => {
        reject(new Error(`ended before ${String(text)}:\n${stderr}`));
      });
    });
  return { child, pid: child.pid!, until, ended };
}
