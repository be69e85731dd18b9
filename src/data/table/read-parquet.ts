import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { WeightspringError, type ErrorCode } from '../../errors.js';
import { PACKAGE_ROOT } from '../../package-info.js';
import { StoredColumn, type ColumnContents } from './table-column.js';
import { unreadable, type Table } from './table.js';

/** What the thread answers. */
export type ParquetAnswer =
  | { readonly columns: readonly ColumnContents[] }
  | { readonly code: ErrorCode; readonly message: string };

export interface ParquetOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: {@link PATIENCE_MS} and a second for each 100 kB. */
  readonly limitMs?: number | undefined;
}

const PATIENCE_MS = 15_000;
const MS_PER_BYTE = 0.01;
const MOST_MEGABYTES = 4096;
/** Compiled: a thread cannot run TypeScript, as tests do. */
const THREAD = join(PACKAGE_ROOT, 'dist/src/data/table/parquet-thread.js');

/**
 * Reads a Parquet file: numbers, booleans and texts.
 *
 * A thread does, with bounds on time and memory: some damaged files make the decoder run for ever.
 *
 * @throws WeightspringError `data-corrupt`, naming the file and the column; `cancelled`
 */
export async function readParquet(
  path: string,
  bytes: number,
  { signal, limitMs = PATIENCE_MS + MS_PER_BYTE * bytes }: ParquetOptions = {},
): Promise<Table> {
  const answer = await askThread(path, limitMs, signal);
  if ('code' in answer) throw new WeightspringError(answer.code, answer.message);
  const columns = answer.columns.map((contents) => new StoredColumn(contents));
  return {
    path,
    rows: columns[0]?.rows ?? 0,
    columns,
    target: null,
    isArray: false,
    sharedUnit: false,
    testStart: null,
  };
}

function askThread(
  path: string,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<ParquetAnswer> {
  const thread = new Worker(THREAD, {
    workerData: path,
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
  });
  const advice = 'take an undamaged copy, or write it with the compression snappy, gzip or none';
  return new Promise<ParquetAnswer>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(unreadable(path, `it cannot be read within ${Math.ceil(limitMs)} ms: ${advice}`));
    }, limitMs);
    const stop = (): void => {
      reject(new WeightspringError('cancelled', 'stopped'));
    };
    signal?.addEventListener('abort', stop, { once: true });
    thread.once('message', resolve);
    thread.once('error', (error) => {
      reject(unreadable(path, `it cannot be read (${error.message}): ${advice}`, error));
    });
    thread.once('exit', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      reject(unreadable(path, `it cannot be read: ${advice}`));
    });
  }).finally(() => thread.terminate());
}
