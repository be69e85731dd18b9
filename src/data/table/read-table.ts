import { open, stat } from 'node:fs/promises';
import { gunzipSync, constants } from 'node:zlib';
import { accessFile } from '../../files/file-error.js';
import { readBytes } from '../../files/read-file.js';
import { readArrays } from './read-arrays.js';
import { readDelimited } from './read-delimited.js';
import { isIdx, readIdxPair } from './read-idx-pair.js';
import { isJson, readJson } from './read-json.js';
import { readParquet } from './read-parquet.js';
import type { Table } from './table.js';

export interface TableOptions {
  /** Name of the column of labels; of an IDX file the path of its labels. */
  readonly target?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const EXPECTED = {
  what: 'a data file',
  missing: { code: 'data-missing', advice: 'check the path of --data or --test' },
} as const;
/** Bytes that tell the kind of a file. */
const START = 4096;
const [ZIP, PARQUET] = ['PK\u0003\u0004', 'PAR1'];

/**
 * Reads a table: CSV or TSV, Parquet, `.npz`, JSON, or a pair of IDX files; its first bytes tell which.
 *
 * @throws WeightspringError `data-missing`, or `data-corrupt` naming file and place
 */
export async function readTable(
  path: string,
  { target, signal }: TableOptions = {},
): Promise<Table> {
  const start = await readStart(path);
  const magic = Buffer.from(start.subarray(0, 4)).toString('latin1');
  if (magic === ZIP) return readArrays(path, await readBytes(path, EXPECTED), target);
  if (magic === PARQUET) return readParquet(path, (await stat(path)).size, { signal });
  if (isIdx(unpackedStart(start))) return readIdxPair(path, target);
  if (isJson(start)) return readJson(path, await readBytes(path, EXPECTED));
  return readDelimited(path, start, { target, signal });
}

function readStart(path: string): Promise<Uint8Array> {
  return accessFile({ action: 'read', path, ...EXPECTED }, async () => {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(START), 0, START, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  });
}

function unpackedStart(start: Uint8Array): Uint8Array {
  if (start[0] !== 0x1f || start[1] !== 0x8b) return start;
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    // A damaged file is reported by whoever reads all of it.
    return start;
  }
}
