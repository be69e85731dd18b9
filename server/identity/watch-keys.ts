import { unwatchFile, watchFile } from 'node:fs';
import { readKeyFile, type KeyRecord } from '../../src/index.js';
import type { Log } from '../log.js';
import { KeyRing } from './key-ring.js';

/** How often the file is looked at. */
const LOOK_MS = 1_000;

/** The keys of a file, as it is. */
export interface WatchedKeys {
  readonly ring: KeyRing;
  /** Reads the file now. */
  reload(): Promise<void>;
  close(): void;
}

/**
 * Opens a file of keys and follows its changes: a key that is made or revoked counts within a second.
 * The file is looked at by its attributes, which also shows the change of a link or of a mount, on any
 * file system. If it cannot be read any more, the keys stay as they are, and the log says so.
 *
 * @throws WeightspringError as `readKeyFile`
 */
export async function watchKeys(path: string, log: Log): Promise<WatchedKeys> {
  const ring = new KeyRing();
  let before = '';
  const take = (records: readonly KeyRecord[]): void => {
    const now = JSON.stringify(records);
    if (now === before) return;
    before = now;
    ring.replace(records);
    log('info', 'keys-loaded', { keys: records.length, valid: ring.valid });
    if (ring.valid === 0) log('warn', 'no-keys', { reason: 'no key is valid: nobody gets in' });
  };
  const read = async (): Promise<void> => {
    try {
      take(await readKeyFile(path));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log('error', 'keys-unreadable', { reason });
    }
  };
  // One after another: a slow reading must not bring back what a later one has replaced.
  let last = Promise.resolve();
  const reload = (): Promise<void> => {
    last = last.then(read);
    return last;
  };
  const onChange = (): void => void reload();
  // Before the first reading, so that no change is missed.
  watchFile(path, { interval: LOOK_MS, persistent: false }, onChange);
  const close = (): void => {
    unwatchFile(path, onChange);
  };
  try {
    take(await readKeyFile(path));
  } catch (error) {
    close();
    throw error;
  }
  return { ring, reload, close };
}
