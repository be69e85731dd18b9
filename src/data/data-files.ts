import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { WeightspringError } from '../errors.js';
import { readBytesIfPresent } from '../files/read-file.js';

/** Default folder of data sets, relative to the working directory. */
export const DEFAULT_DATA_DIR = 'data';

export interface DataDirOptions {
  /** Folder with the data sets. Default: the environment's `WEIGHTSPRING_DATA`, else `./data`. */
  readonly dataDir?: string | undefined;
}

/** The folder that data sets are read from, absolute. */
export function resolveDataDir({ dataDir }: DataDirOptions = {}): string {
  const fromEnvironment = process.env.WEIGHTSPRING_DATA;
  return resolve(
    dataDir ?? (fromEnvironment === '' ? undefined : fromEnvironment) ?? DEFAULT_DATA_DIR,
  );
}

/** A file of a data set, and what to tell a user who lacks it. */
export interface DataFile {
  /** Relative to the data folder, as it is published; with or without `.gz`. */
  readonly path: string;
  /** Other names in common use. Default: none. */
  readonly otherPaths?: readonly string[];
  /** Public source to show to the user: a name and an address. */
  readonly source: string;
}

/** A data file that was found. */
export interface DataContents {
  readonly contents: Buffer;
  /** The file, under the name by which it was found. */
  readonly file: DataFile;
}

const inflate = promisify(gunzip);
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/**
 * The contents of a data file, decompressed if they are gzip data: some tools unpack what they
 * download, and keep the name or drop `.gz`.
 *
 * @throws WeightspringError `data-missing` if there is no such file, with the places searched and
 * where to get it; `data-corrupt` if it does not decompress
 */
export async function readDataFile(dataDir: string, file: DataFile): Promise<DataContents> {
  const names = [file.path, ...(file.otherPaths ?? [])].flatMap((name) => [
    name,
    name.endsWith('.gz') ? name.slice(0, -'.gz'.length) : `${name}.gz`,
  ]);
  for (const name of names) {
    const path = join(dataDir, name);
    const stored = await readBytesIfPresent(path, { what: 'a data file' });
    if (stored === null) continue;
    const found = { ...file, path: name };
    return { contents: await unpack(stored, found), file: found };
  }
  const [first = '', ...others] = names;
  throw new WeightspringError(
    'data-missing',
    `expected the data file '${join(dataDir, first)}', but neither it nor ` +
      `${others.join(' or ')} exists; get it from ${file.source}, or name another folder with ` +
      '--data-dir or WEIGHTSPRING_DATA',
  );
}

async function unpack(stored: Buffer, file: DataFile): Promise<Buffer> {
  if (GZIP_MAGIC.some((byte, index) => stored[index] !== byte)) return stored;
  return inflate(stored).catch((cause: unknown) => {
    throw corrupt(file, `it is not a complete gzip file (${reason(cause)})`);
  });
}

/** The `data-corrupt` error of a file whose contents do not match its format. */
export function corrupt(file: DataFile, problem: string): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `data file '${file.path}': ${problem}; get it again from ${file.source}`,
  );
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
