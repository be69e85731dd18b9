import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { WeightspringError } from '../errors.js';
import { accessFile } from './file-error.js';
import { identityOf, isRunning, type ProcessIdentity } from './process-identity.js';
import { draftPath } from './write-target.js';

/** A folder that no other process may use. */
export interface FolderLock {
  /** Releases the folder; also happens when the process ends. */
  release(): void;
  /** Releases the folder and deletes it, unless it holds anything but the lock. */
  removeFolder(): Promise<void>;
}

export interface LockOptions {
  /** The supervisor: it stops this process when signalled, and this one ends with it. Default: none. */
  readonly supervisorPid?: number | undefined;
}

interface Holder extends ProcessIdentity {
  readonly supervisor?: ProcessIdentity;
  /** ISO 8601. */
  readonly since: string;
}

/** Holds the numbered locks `1`, `2`, …, each a folder with the file that names its holder. */
const LOCKS = 'lock';
const HOLDER = 'holder.json';
/** How long a process may take to end after its supervisor, and how often to check. */
const ENDING = { limitMs: 10_000, lookMs: 20 };

/**
 * Locks a folder for this process until it is released or the process ends, in whatever way: a lock
 * whose process is gone is ignored.
 *
 * Only the lock with the highest number counts. It is kept after its release, so that no number is
 * used twice, and locking means creating the next number: of several processes that find the same
 * lock stale, one succeeds.
 *
 * @param folder - created if missing
 * @throws WeightspringError `invalid-argument` if another process, or another call, holds the lock
 */
export async function lockFolder(
  folder: string,
  { supervisorPid }: LockOptions = {},
): Promise<FolderLock> {
  const locks = join(folder, LOCKS);
  const holder: Holder = {
    ...(await identityOf()),
    ...(supervisorPid !== undefined && { supervisor: await identityOf(supervisorPid) }),
    since: new Date().toISOString(),
  };
  for (;;) {
    await accessFile({ action: 'write', path: folder }, () => mkdir(locks, { recursive: true }));
    const number = (await highest(locks)) + 1;
    const before = await readHolder(join(locks, String(number - 1)));
    if (before !== null) await ensureGone(folder, before);
    const lock = join(locks, String(number));
    if (!(await makeLock(locks, lock, holder))) continue;
    if ((await highest(locks)) === number) {
      await clearBefore(locks, number);
      return heldLock(folder, lock);
    }
    // An old number, which later holders had removed.
    await rm(lock, { recursive: true, force: true });
  }
}

/**
 * Waits for a holder to end whose supervisor was killed.
 *
 * @throws WeightspringError `invalid-argument` for any other holder
 */
async function ensureGone(folder: string, holder: Holder): Promise<void> {
  const { supervisor, since } = holder;
  for (let waitedMs = 0; await isRunning(holder); waitedMs += ENDING.lookMs) {
    if (supervisor === undefined) throw inUse(folder, holder, since);
    if (await isRunning(supervisor)) throw inUse(folder, supervisor, since);
    if (waitedMs >= ENDING.limitMs) throw inUse(folder, holder, since);
    await delay(ENDING.lookMs);
  }
}

/** Creates a lock with its content in one step; false if it exists already. */
async function makeLock(locks: string, lock: string, holder: Holder): Promise<boolean> {
  const prepared = join(locks, randomUUID());
  await mkdir(prepared);
  try {
    await writeFile(join(prepared, HOLDER), `${JSON.stringify(holder)}\n`);
    // A folder, since renaming a file would replace an existing one, and not all disks have hard links.
    await rename(prepared, lock);
    return true;
  } catch (error) {
    await rm(prepared, { recursive: true, force: true });
    // The error differs between systems.
    const isTaken = await stat(lock).then(
      () => true,
      () => false,
    );
    if (isTaken) return false;
    throw error;
  }
}

function heldLock(folder: string, lock: string): FolderLock {
  let isHeld = true;
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    process.off('exit', release);
    try {
      writeFileSync(join(lock, HOLDER), 'null\n');
    } catch {
      // Without the folder there is nothing to release; otherwise the end of the process releases it.
    }
  };
  process.on('exit', release);
  const removeFolder = async (): Promise<void> => {
    // After the rename, this path may be the lock of another process.
    isHeld = false;
    process.off('exit', release);
    // In one step: another process must never see part of the lock and take the folder.
    const removed = draftPath(folder);
    await rename(join(folder, LOCKS), removed);
    await rm(removed, { recursive: true });
    await rmdir(folder).catch(() => undefined);
  };
  return {
    release,
    removeFolder: () => accessFile({ action: 'write', path: folder }, removeFolder),
  };
}

/** The highest number of a lock; 0 if there is none. */
async function highest(locks: string): Promise<number> {
  return Math.max(0, ...(await numbers(locks)));
}

async function numbers(locks: string): Promise<readonly number[]> {
  return (await readdir(locks)).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function clearBefore(locks: string, number: number): Promise<void> {
  for (const old of await numbers(locks)) {
    if (old < number) await rm(join(locks, String(old)), { recursive: true, force: true });
  }
}

/** Null for a lock that does not exist, was released, or was cut off when the machine stopped. */
async function readHolder(lock: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(join(lock, HOLDER), 'utf8')) as Holder | null;
  } catch {
    return null;
  }
}

function inUse(folder: string, { pid, host }: ProcessIdentity, since: string): WeightspringError {
  return new WeightspringError(
    'invalid-argument',
    `${folder} is in use by process ${pid} on ${host} since ${since}: wait for it or stop it; if ` +
      `it is gone, delete ${join(folder, LOCKS)}`,
  );
}
