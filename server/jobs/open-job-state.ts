import { mkdir, open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from 'lmdb';
import { accessFile, lockFolder, WeightspringError } from '../../src/index.js';
import type { Log } from '../log.js';
import type { JobState } from './jobs.js';
import { LmdbJobStore } from './lmdb-job-store.js';
import { StoredArtefacts } from './stored-artefacts.js';

export interface JobStateOptions {
  /** Created if missing, readable for this user only. */
  readonly folder: string;
  /** Disk space of the files that jobs make. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly log: Log;
}

/** Tables of jobs and of their files. */
const TABLES = 16;

/**
 * Opens the folder of jobs and their files, for this process alone.
 *
 * @throws WeightspringError `invalid-argument` if another process uses it or it cannot be written,
 *   `data-corrupt` if it holds something else
 */
export async function openJobState({
  folder,
  maxBytes,
  maxAgeMs,
  log,
}: JobStateOptions): Promise<JobState> {
  await accessFile({ action: 'write', path: folder }, () =>
    mkdir(folder, { recursive: true, mode: 0o700 }),
  );
  const lock = await lockFolder(folder);
  try {
    const root = await openRoot(join(folder, 'jobs'));
    const store = await LmdbJobStore.open(root, Date.now());
    const artefacts = await StoredArtefacts.open({
      root,
      folder: join(folder, 'artefacts'),
      maxBytes,
      maxAgeMs,
      onDamaged: (id) => {
        log('error', 'artefact-damaged', { artefact: id });
      },
    });
    const { queued } = store.counts();
    if (queued > 0) log('info', 'jobs-recovered', { queued });
    const close = async (): Promise<void> => {
      await store.close();
      lock.release();
    };
    return { store, artefacts, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openRoot(path: string): Promise<ReturnType<typeof open>> {
  if (await isForeign(join(path, 'data.mdb'))) {
    throw damaged(path, 'its data.mdb is no file of LMDB');
  }
  try {
    // Without overlapping, a transaction is on the disk when its promise resolves.
    return open({ path, maxDbs: TABLES, overlappingSync: false });
  } catch (cause) {
    throw damaged(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The number at byte 24 of each file of LMDB, as processors with the low byte first write it. */
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;

/** Whether a file begins otherwise than LMDB's do, by which LMDB would end the process. */
async function isForeign(path: string): Promise<boolean> {
  const file = await openFile(path, 'r').catch(() => undefined);
  if (file === undefined) return false;
  try {
    const head = Buffer.alloc(MAGIC_OFFSET + 4);
    const { bytesRead } = await file.read(head, 0, head.byteLength, 0);
    // An empty one is that of a process that was killed before it wrote anything.
    return bytesRead > 0 && head.readUInt32LE(MAGIC_OFFSET) !== MAGIC;
  } finally {
    await file.close();
  }
}

function damaged(path: string, reason: string, cause?: unknown): WeightspringError {
  return new WeightspringError(
    'data-corrupt',
    `expected ${path} to hold the jobs of a service, but it cannot be opened: ${reason}; move it ` +
      'away or name another --state-dir',
    { field: '--state-dir', cause },
  );
}
