import { readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, posix } from 'node:path';
import { unzipSync } from 'fflate';
import { WeightspringError } from '../../errors.js';
import { accessFile } from '../../files/file-error.js';
import { readBytes } from '../../files/read-file.js';
import { compareNames } from './chain-layers.js';
import { conversionOf, IMPORTED_EXTENSIONS } from './read-foreign-network.js';

/** A file of a network, whose bytes are read when they are asked for. */
export interface NetworkFile {
  readonly name: string;
  read(): Promise<Uint8Array>;
  /** Reads the file of another name in the same folder. */
  readBeside(name: string): Promise<Uint8Array>;
}

/** Most bytes of an archive, unpacked. */
const MOST_BYTES = 2 ** 32 - 1;
/** Deflate packs no better than this. */
const BEST_RATIO = 1032;
const MOST_FILES = 100_000;

/**
 * The files of networks in folders, in `.zip` archives and by name, those of each in the order of
 * the numbers in their names.
 *
 * @throws WeightspringError `invalid-argument` where there is none, `data-corrupt` for a damaged
 *   archive
 */
export async function listNetworkFiles(paths: readonly string[]): Promise<readonly NetworkFile[]> {
  const found: NetworkFile[] = [];
  const others: string[] = [];
  for (const path of paths) {
    const use = { action: 'read', path, what: 'networks' } as const;
    const isFolder = await accessFile(use, async () => (await stat(path)).isDirectory());
    if (isFolder) found.push(...(await filesIn(path, others)));
    else if (extname(path).toLowerCase() === '.zip') found.push(...(await entriesOf(path, others)));
    else found.push(onDisk(path));
  }
  if (found.length > 0) return found;
  const convertible = others.map(conversionOf).find((line) => line !== undefined);
  throw new WeightspringError(
    'invalid-argument',
    `expected files of networks, ${IMPORTED_EXTENSIONS.join(', ')}, got none in ${paths.join(', ')}` +
      (convertible === undefined ? '' : `; this converts those that are there: ${convertible}`),
  );
}

function isNetworkFile(name: string): boolean {
  return (IMPORTED_EXTENSIONS as readonly string[]).includes(extname(name).toLowerCase());
}

function onDisk(path: string): NetworkFile {
  return {
    name: path,
    read: () => readBytes(path, { what: 'a network' }),
    readBeside: (name) =>
      readBytes(join(dirname(path), name), { what: `the weights of '${path}'` }),
  };
}

async function filesIn(folder: string, others: string[]): Promise<readonly NetworkFile[]> {
  const entries = await accessFile({ action: 'read', path: folder }, () =>
    readdir(folder, { recursive: true }),
  );
  others.push(...entries.filter((name) => !isNetworkFile(name)));
  return entries
    .filter(isNetworkFile)
    .sort(compareNames)
    .map((name) => onDisk(join(folder, name)));
}

async function entriesOf(path: string, others: string[]): Promise<readonly NetworkFile[]> {
  const bytes = await readBytes(path, { what: 'an archive of networks' });
  let [total, count] = [0, 0];
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        if (!isNetworkFile(name)) {
          others.push(name);
          return false;
        }
        total += Math.max(size, originalSize);
        count++;
        if (total > Math.min(MOST_BYTES, BEST_RATIO * bytes.length) || count > MOST_FILES) {
          throw damaged(path, 'its directory claims more than it can hold');
        }
        return true;
      },
    });
  } catch (error) {
    if (error instanceof WeightspringError) throw error;
    throw damaged(path, 'it is no zip archive, or a damaged one');
  }
  return Object.keys(entries)
    .sort(compareNames)
    .map((name) => ({
      name: `${path}/${name}`,
      read: () => Promise.resolve(entries[name] as Uint8Array),
      readBeside: (beside) =>
        Promise.resolve(entryOf(path, bytes, posix.join(dirname(name), beside))),
    }));
}

/** One more file of an archive: weights beside a graph. */
function entryOf(path: string, archive: Uint8Array, wanted: string): Uint8Array {
  const found = unzipSync(archive, {
    filter: ({ name, originalSize }) =>
      name === wanted && originalSize <= Math.min(MOST_BYTES, BEST_RATIO * archive.length),
  })[wanted];
  if (found !== undefined) return found;
  throw new WeightspringError(
    'data-corrupt',
    `'${path}': expected '${wanted}', which holds the weights of a graph: pack it too`,
  );
}

function damaged(path: string, problem: string): WeightspringError {
  return new WeightspringError('data-corrupt', `'${path}': ${problem}: take an undamaged copy`);
}
