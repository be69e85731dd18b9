import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WeightspringError } from '../src/errors.js';
import { PACKAGE_ROOT } from '../src/package-info.js';

/** A service in a process of its own, so that the benchmark's memory does not count as its. */
export interface ServiceProcess {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/**
 * Starts the built command line's `serve` on a free port of the loopback address.
 *
 * @param flags - more of the command's flags
 * @throws WeightspringError `internal` with its last line when it ends instead of listening
 */
export async function startService(
  modelsDir: string,
  flags: readonly string[] = [],
): Promise<ServiceProcess> {
  const command = join(PACKAGE_ROOT, 'dist/src/cli/main.js');
  const child = spawn(
    process.execPath,
    [command, 'serve', '--host', '127.0.0.1', '--port', '0', '--models-dir', modelsDir, ...flags],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const { url, pid } = await listening(child);
  return {
    url,
    pid,
    close: async () => {
      const ended = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    },
  };
}

function listening(child: ChildProcess): Promise<{ url: string; pid: number }> {
  return new Promise((resolve, reject) => {
    const { pid, stderr } = child;
    if (pid === undefined || stderr === null) {
      reject(new WeightspringError('internal', 'the service could not be started'));
      return;
    }
    let last = '';
    // Read to the end: a full pipe would stop the service.
    createInterface({ input: stderr }).on('line', (line) => {
      last = line;
      const url = /^weightspring serves on (\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve({ url, pid });
    });
    child.once('close', (code) => {
      reject(new WeightspringError('internal', `the service ended with code ${code}: ${last}`));
    });
  });
}
