import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ensure, WeightspringError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { lockFolder, type FolderLock } from '../files/lock-folder.js';
import { parseJson } from '../files/parse-json.js';
import { readRegularFile } from '../files/read-regular-file.js';
import { parseWith } from '../files/schema-problem.js';
import { checkWritableFile } from '../files/write-target.js';
import { keyRecordSchema, MAX_KEYS, type KeyRecord } from './key-record.js';

const MAX_BYTES = 16 * 2 ** 20;
/** A key admits its holder, so nobody but the owner may add one. */
const MODE = 0o600;
const WRITABLE_BY_ALL = 0o002;
/** How long to wait for another process that changes the same file, and how often to check. */
const LOCKING = { limitMs: 5_000, lookMs: 20 };

const fileSchema = z.strictObject({
  version: z.literal(1),
  keys: z
    .array(keyRecordSchema)
    .max(MAX_KEYS)
    .refine(
      (keys) => new Set(keys.map(({ id }) => id)).size === keys.length,
      'expected one key per id',
    ),
});

/**
 * The keys of a file.
 *
 * @throws WeightspringError `not-found` if there is none, `data-corrupt` if it is no file of keys or
 *   any user of the machine may write it, and as `fileError` says
 */
export async function readKeyFile(path: string): Promise<readonly KeyRecord[]> {
  const bytes = await readRegularFile(path, MAX_BYTES, {
    what: 'a file of API keys',
    missing: { code: 'not-found', advice: 'make one with weightspring keys create' },
  });
  const { mode } = await stat(path);
  ensure(
    (mode & WRITABLE_BY_ALL) === 0 || process.platform === 'win32',
    'data-corrupt',
    () => `any user of this machine may write ${path}, and so let anybody in: chmod o-w it`,
  );
  const refuse = (reason: string): WeightspringError =>
    new WeightspringError('data-corrupt', `${path} is no file of API keys: ${reason}`);
  let document: unknown;
  try {
    document = parseJson(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse(`it ${error.message}`);
    throw error;
  }
  return parseWith(fileSchema, document, 'the whole', ({ message }) => refuse(message)).keys;
}

/**
 * Changes the keys of a file, which is created if missing, readable by its owner only. Another process
 * that changes it at the same time is waited for.
 *
 * @param change - makes the new keys of the old ones
 * @throws WeightspringError as {@link readKeyFile}, whatever `change` throws, and `invalid-argument`
 *   if the file cannot be written or stays locked
 */
export async function changeKeyFile(
  path: string,
  change: (keys: readonly KeyRecord[]) => readonly KeyRecord[],
): Promise<void> {
  await checkWritableFile(path);
  const lock = await lockFile(path);
  try {
    const keys = change(await keysSoFar(path));
    ensure(keys.length <= MAX_KEYS, 'too-large', () => `${path} has ${MAX_KEYS} keys already`);
    const text = `${JSON.stringify({ version: 1, keys }, null, 2)}\n`;
    await writeFileAtomic(path, text, { mode: MODE });
  } finally {
    lock.release();
  }
}

async function keysSoFar(path: string): Promise<readonly KeyRecord[]> {
  try {
    return await readKeyFile(path);
  } catch (error) {
    if (error instanceof WeightspringError && error.code === 'not-found') return [];
    throw error;
  }
}

async function lockFile(path: string): Promise<FolderLock> {
  for (let waitedMs = 0; ; waitedMs += LOCKING.lookMs) {
    try {
      return await lockFolder(`${path}.lock`);
    } catch (error) {
      if (waitedMs >= LOCKING.limitMs) throw error;
      await delay(LOCKING.lookMs);
    }
  }
}
