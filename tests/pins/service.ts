import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { MAIN } from '../support/compiled.js';

/** `weightspring serve`, as compiled. */
export interface Service {
  /** The file that answers `POST /v1/networks`. */
  networks(request: object): Promise<Uint8Array>;
  stop(): Promise<void>;
}

/** @param modelsDir - default: the flows that ship */
export async function startService(modelsDir?: string): Promise<Service> {
  const where = modelsDir === undefined ? [] : ['--models-dir', modelsDir];
  const child = spawn(
    process.execPath,
    [MAIN, 'serve', '--port', '0', '--workers', '1', '--device', 'cpu', ...where],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'close');
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      const address = /serves on (\S+)/.exec(text)?.[1];
      if (address !== undefined) resolve(address);
    });
    void ended.then(() => {
      reject(new Error(`the service ended: ${text}`));
    });
  });
  return {
    networks: async (request) => {
      const answer = await fetch(`${url}/v1/networks`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
      if (!answer.ok) throw new Error(await answer.text());
      return new Uint8Array(await answer.arrayBuffer());
    },
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
