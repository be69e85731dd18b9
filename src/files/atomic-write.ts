import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { accessFile, isSystemError } from './file-error.js';
import { draftPath, writeTarget, type WriteTarget } from './write-target.js';

/** The bytes of a file, whole or in pieces. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

export interface WriteOptions {
  /** Permissions of a file that is new; one that is replaced keeps its own. Default: 0o666 less the umask. */
  readonly mode?: number;
}

/**
 * Writes a file atomically and durably: to a temporary file beside it, which is synced and then
 * renamed. Readers see the old content or the new. Missing folders are created.
 *
 * A symbolic link is kept and its target replaced. A pipe or a device is written into.
 *
 * @throws WeightspringError `invalid-argument` if the path cannot be written, `storage-failed` for
 * a full or broken disk
 */
export async function writeFileAtomic(
  path: string,
  content: FileContent,
  { mode }: WriteOptions = {},
): Promise<void> {
  await accessFile({ action: 'write', path }, async () => {
    const target = await writeTarget(path);
    if (target.isWrittenInto) await writeInto(target.path, content);
    else await replaceFile(target, content, mode);
  });
}

async function writeInto(path: string, content: FileContent): Promise<void> {
  const file = await open(path, constants.O_WRONLY);
  try {
    await writeContent(file, content);
  } finally {
    await file.close();
  }
}

async function replaceFile(
  { path, known }: WriteTarget,
  content: FileContent,
  mode: number | undefined,
): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const draft = draftPath(folder);
  const file = await open(draft, 'wx', mode);
  try {
    try {
      await writeContent(file, content);
      if (known !== null) {
        // Only root may do this, and only root could change the owner by writing.
        await file.chown(known.uid, known.gid).catch(() => undefined);
        await file.chmod(known.mode);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Piece by piece: a file of a gigabyte is not assembled in memory first. */
async function writeContent(file: FileHandle, content: FileContent): Promise<void> {
  const pieces = typeof content === 'string' ? [Buffer.from(content, 'utf8')] : content;
  for (const piece of pieces instanceof Uint8Array ? [pieces] : pieces) {
    // One call may write fewer bytes, and only the next one reports a full disk.
    for (let done = 0; done < piece.length;) {
      done += (await file.write(piece, done)).bytesWritten;
    }
  }
}

/** Creates a folder and its missing parents, and syncs the entry of each. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

/** Syncs a folder, so that a power loss cannot undo a rename in it. */
async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders, and syncs their entries itself.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some network file systems cannot sync folders; the file itself is safe.
    if (!isSystemError(error) || !['EINVAL', 'ENOTSUP'].includes(error.code)) throw error;
  } finally {
    await folder.close();
  }
}
