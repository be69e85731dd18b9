import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, readdir, readlink, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { accessFile, fileProblem, isSystemError, nullIfAbsent } from './file-error.js';

/** Where the bytes written to a path go. */
export interface WriteTarget {
  readonly path: string;
  /** Mode and owner of the file that is replaced; null if there is none yet. */
  readonly known: { readonly mode: number; readonly uid: number; readonly gid: number } | null;
  /** Whether it is a pipe, a device or a file that another process holds open: never replaced. */
  readonly isWrittenInto: boolean;
}

/** As many as Linux follows. */
const MAX_LINKS = 40;
/** The names that {@link draftPath} gives. */
const DRAFT = /^\.weightspring-[\da-f-]{36}\.tmp$/;
/** Links below this folder stand for open files, which may have no other name. */
const PROCESS_FILES = '/proc/';

/**
 * Follows symbolic links from `path` to the file, which need not exist: a link is kept, and its
 * target is written.
 */
export async function writeTarget(path: string): Promise<WriteTarget> {
  if (path === '') throw fileProblem('ENOENT', { action: 'write', path });
  const known = await stat(path).catch(nullIfAbsent);
  if (known?.isDirectory() === true || path.endsWith('/') || path.endsWith(sep)) {
    throw fileProblem('EISDIR', { action: 'write', path });
  }
  if (known !== null && !known.isFile()) return { path, known, isWrittenInto: true };
  let place = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    place = join(await existingRealPath(dirname(place)), basename(place));
    const link = await readlink(place).catch(notALink);
    if (link === null) return { path: place, known, isWrittenInto: false };
    if (place.startsWith(PROCESS_FILES)) return { path, known, isWrittenInto: true };
    place = resolve(dirname(place), link);
  }
  throw fileProblem('ELOOP', { action: 'write', path });
}

/**
 * Checks that a file can be written, before the work whose result it will hold.
 *
 * @throws WeightspringError as `fileError` says
 */
export function checkWritableFile(path: string): Promise<void> {
  return accessFile({ action: 'write', path }, async () => {
    const target = await writeTarget(path);
    if (target.isWrittenInto) await access(target.path, constants.W_OK);
    else await checkFolder(dirname(target.path));
  });
}

/**
 * Checks that files can be written into a folder, which need not exist yet.
 *
 * @throws WeightspringError as `fileError` says
 */
export function checkWritableFolder(path: string): Promise<void> {
  return accessFile({ action: 'write', path }, async () => {
    const known = await stat(path).catch(nullIfAbsent);
    if (known?.isDirectory() === false) throw fileProblem('EEXIST', { action: 'write', path });
    await checkFolder(path);
  });
}

/** A name for an unfinished file: random, since a name derived from a long one may be too long. */
export function draftPath(folder: string): string {
  return join(folder, `.weightspring-${randomUUID()}.tmp`);
}

/**
 * Removes what killed writers left in a folder. Only for folders that nobody else writes to.
 */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (DRAFT.test(name)) await rm(join(folder, name), { recursive: true });
  }
}

/** Creates a file in the folder, or in its nearest existing parent, and removes it. */
async function checkFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  const known = await stat(path).catch(nullIfAbsent);
  if (known === null && dirname(path) !== path) return checkFolder(dirname(path));
  // Permissions alone do not reveal read-only file systems.
  const draft = draftPath(path);
  await (await open(draft, 'wx')).close();
  await rm(draft);
}

/** The path with links resolved as far as it exists. */
async function existingRealPath(folder: string): Promise<string> {
  const path = resolve(folder);
  const real = await realpath(path).catch(nullIfAbsent);
  return real ?? join(await existingRealPath(dirname(path)), basename(path));
}

function notALink(error: unknown): null {
  if (isSystemError(error) && (error.code === 'EINVAL' || error.code === 'ENOENT')) return null;
  throw error;
}
