import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { accessFile, isSystemError } from './file-error.js';
import { draftPath, writeTarget, type WriteTarget } from './write-target.js';

/** The bytes of a file, whole or piece by piece. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/**
 * Writes a file so that readers see either the old content or the new, never a part, and so that
 * it survives a loss of power: to a temporary file beside it, which is synced and then renamed.
 * Missing folders are made.
 *
 * A symbolic link stays one, and its target is replaced. A pipe or a device is written into.
 *
 * @throws WeightspringError `invalid-argument` where the path cannot be written, `storage-failed`
 * for a full or broken disk
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  await accessFile({ action: 'write', path }, async () => {
    const target = await writeTarget(path);
    if (target.isWrittenInto) await writeInto(target.path, content);
    else await replaceFile(target, content);
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

async function replaceFile({ path, known }: WriteTarget, content: FileContent): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const draft = draftPath(folder);
  const file = await open(draft, 'wx');
  try {
    try {
      await writeContent(file, content);
      if (known !== null) {
        // Refused to all but the superuser, who alone could change the owner by writing.
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

/** Pieces as they come: a file of a gigabyte is not put together in memory first. */
async function writeContent(file: FileHandle, content: FileContent): Promise<void> {
  const pieces = typeof content === 'string' ? [Buffer.from(content, 'utf8')] : content;
  for (const piece of pieces instanceof Uint8Array ? [pieces] : pieces) {
    // One call may take fewer bytes, and says that a disk is full only the next time.
    for (let done = 0; done < piece.length;) {
      done += (await file.write(piece, done)).bytesWritten;
    }
  }
}

/** Makes a folder and those above it that are missing, each entered in the folder above. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

/** Makes a rename last: until then a loss of power may undo it. */
async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and enters names by itself.
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
