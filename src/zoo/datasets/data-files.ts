import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { WeightspringError } from '../../errors.js';

/** Where data sets are read from when nothing else is said: the folder `data` of the working directory. */
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
  /** Relative to the data folder. */
  readonly path: string;
  /** The public source, for a person: a name and an address. */
  readonly source: string;
}

const inflate = promisify(gunzip);

/**
 * The contents of a data file, decompressed when its name ends in `.gz`.
 *
 * @throws WeightspringError `data-missing` when there is no such file, naming where it was looked
 * for and where to get it; `data-corrupt` when it does not decompress
 */
export async function readDataFile(dataDir: string, file: DataFile): Promise<Buffer> {
  const path = join(dataDir, file.path);
  const contents = await readFile(path).catch((cause: unknown) => {
    throw new WeightspringError(
      'data-missing',
      `expected the data file '${file.path}' in '${dataDir}', but '${path}' cannot be read ` +
        `(${reason(cause)}); get it from ${file.source}, or name another folder with --data-dir ` +
        'or WEIGHTSPRING_DATA',
      { cause },
    );
  });
  if (!path.endsWith('.gz')) return contents;
  return inflate(contents).catch((cause: unknown) => {
    throw new WeightspringError(
      'data-corrupt',
      `'${path}' is not a complete gzip file (${reason(cause)}); get it again from ${file.source}`,
      { cause },
    );
  });
}

/** The `data-corrupt` error of a file whose contents are not what its format asks for. */
export function corrupt(file: DataFile, problem: string): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `data file '${file.path}': ${problem}; get it again from ${file.source}`,
  );
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
