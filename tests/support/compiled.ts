import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-info.js';

/** The command line. */
export const MAIN = join(PACKAGE_ROOT, 'dist/src/cli/main.js');

/** The module that a sampler process runs: a child process cannot run TypeScript. */
export const COMPILED_WORKER = join(PACKAGE_ROOT, 'dist/src/pool/worker.js');

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `weightspring ARGS`, as compiled, to its end. */
export function weightspring(args: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}

/** As {@link weightspring}, for a command that must succeed. */
export async function weightspringOk(args: readonly string[]): Promise<CommandResult> {
  const result = await weightspring(args);
  if (result.status !== 0) {
    throw new Error(
      `weightspring ${args.join(' ')} ended with ${result.status}:\n${result.stderr}`,
    );
  }
  return result;
}
