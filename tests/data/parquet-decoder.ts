import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { PACKAGE_ROOT } from '../../src/package-info.js';

/** How the decoder of the product ends with one file. */
export type Decoded =
  | { readonly kind: 'read' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** It threw what is no error of ours. */
  | { readonly kind: 'crashed'; readonly message: string }
  /** It did not end, or not within the memory: only the bounds of a thread hold it. */
  | { readonly kind: 'endless' };

const COLUMNS = join(PACKAGE_ROOT, 'dist/src/data/table/parquet-columns.js');
const CODE = `
  const { parentPort } = require('node:worker_threads');
  const loaded = import('${pathToFileURL(COLUMNS).href}');
  parentPort.on('message', async ({ path, bytes }) => {
    const { parquetColumns } = await loaded;
    try {
      await parquetColumns(path, bytes);
      parentPort.postMessage({ kind: 'read' });
    } catch ({ constructor, code, message, stack }) {
      const isOurs = constructor.name === 'WeightspringError';
      parentPort.postMessage(isOurs ? { kind: 'refused', code, message } : { kind: 'crashed', message: stack });
    }
  });
  loaded.then(() => parentPort.postMessage('ready'));
`;

/**
 * Decodes many files one after another in one thread, which is replaced where a file makes it
 * endless: a thread for each, as the product takes it, would need minutes for hundreds.
 */
export class ParquetDecoder {
  #thread: Worker | undefined;

  async decode(path: string, bytes: Uint8Array, limitMs: number): Promise<Decoded> {
    this.#thread ??= await start();
    const thread = this.#thread;
    let timer: NodeJS.Timeout | undefined;
    const endless = new Promise<Decoded>((resolve) => {
      timer = setTimeout(resolve, limitMs, { kind: 'endless' });
    });
    thread.postMessage({ path, bytes });
    try {
      const decoded = await Promise.race([answerOf(thread), endless]);
      if (decoded.kind === 'endless') await this.close();
      return decoded;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = undefined;
  }
}

async function start(): Promise<Worker> {
  const thread = new Worker(CODE, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 512 } });
  await once(thread, 'message');
  return thread;
}

async function answerOf(thread: Worker): Promise<Decoded> {
  try {
    const [answer] = (await once(thread, 'message')) as [Decoded];
    return answer;
  } catch (error) {
    const { code, stack = '' } = error as NodeJS.ErrnoException;
    return code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? { kind: 'endless' }
      : { kind: 'crashed', message: stack };
  }
}
