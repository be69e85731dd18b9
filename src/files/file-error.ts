import { WeightspringError, type ErrorCode } from '../errors.js';

/** A file or folder and its use, for error messages. */
export interface FileUse {
  readonly action: 'read' | 'write';
  /** As the user wrote it. */
  readonly path: string;
  /** What is read, with its article: `a zoo file`. Default `a file`. */
  readonly what?: string;
  /** If it does not exist: the error's code, and what to do. */
  readonly missing?: { readonly code: ErrorCode; readonly advice: string };
}

interface SystemProblem {
  readonly problem: string;
  readonly advice: string;
  /** Default `invalid-argument`: another path would help. */
  readonly code?: ErrorCode;
}

const FULL = 'free some space and run the same command again';
const TOO_MANY = 'raise the limit (ulimit -n) or end other processes, then run the command again';
const DENIED = { problem: 'permission is denied', advice: 'change its permissions' };

/** What the operating system's codes mean, and their code where another path does not help. */
const PROBLEMS: Readonly<Record<string, SystemProblem>> = {
  ENOENT: { problem: 'there is none', advice: 'check the path', code: 'not-found' },
  EISDIR: { problem: 'it is a folder', advice: 'name a file' },
  ENOTDIR: { problem: 'a part of the path is a file, not a folder', advice: 'check the path' },
  // When creating a folder: files are replaced.
  EEXIST: { problem: 'it is a file', advice: 'name a folder' },
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: { problem: 'its file system is read-only', advice: 'name another place' },
  ELOOP: { problem: 'its symbolic links lead in a circle', advice: 'mend the links' },
  ENAMETOOLONG: { problem: 'the name is too long', advice: 'shorten it' },
  ESPIPE: { problem: 'it is a pipe', advice: 'write it to a file first' },
  ENXIO: { problem: 'it is a socket or a device without a driver', advice: 'name a file' },
  EBUSY: { problem: 'it is in use or a mount point', advice: 'name another place' },
  ENOSPC: { problem: 'its disk is full', advice: FULL, code: 'storage-failed' },
  EDQUOT: { problem: 'the disk quota is used up', advice: FULL, code: 'storage-failed' },
  EFBIG: {
    problem: 'the file would exceed the limit of its file system or of the process (ulimit -f)',
    advice: 'raise the limit or name another place',
    code: 'storage-failed',
  },
  EIO: { problem: 'its disk failed', advice: 'check the disk', code: 'storage-failed' },
  EMFILE: {
    problem: 'this process has too many open files',
    advice: TOO_MANY,
    code: 'storage-failed',
  },
  ENFILE: {
    problem: 'this machine has too many open files',
    advice: TOO_MANY,
    code: 'storage-failed',
  },
  EPIPE: {
    problem: 'its reader has closed the pipe',
    advice: 'keep the reader open until all is written',
    code: 'storage-failed',
  },
};

/** Runs an access to a file, and turns errors of the operating system into ours. */
export async function accessFile<T>(use: FileUse, access: () => Promise<T>): Promise<T> {
  try {
    return await access();
  } catch (cause) {
    throw fileError(cause, use);
  }
}

/**
 * The failure of a file access in terms of the user: `not-found` (or the code in `use.missing`),
 * `invalid-argument` if another path would help, `storage-failed` for full or broken disks and
 * exhausted limits. Other errors are returned unchanged.
 */
export function fileError(cause: unknown, use: FileUse): unknown {
  return isSystemError(cause) ? fileProblem(cause.code, use, cause) : cause;
}

/** The error for a code of the operating system, such as `EISDIR`. */
export function fileProblem(
  code: string,
  { action, path, what = 'a file', missing }: FileUse,
  cause?: NodeJS.ErrnoException,
): WeightspringError {
  const isMissing = code === 'ENOENT' && action === 'read';
  const known = PROBLEMS[code] ?? {
    problem: `the operating system refuses it (${cause?.message ?? code})`,
    advice: 'check the path and its disk',
    code: 'storage-failed',
  };
  const { problem, advice } = known;
  const errorCode = (isMissing ? missing?.code : undefined) ?? known.code ?? 'invalid-argument';
  const told = (isMissing ? missing?.advice : undefined) ?? advice;
  const message =
    action === 'read'
      ? `expected ${what} at '${path}', but ${problem}: ${told}`
      : `cannot write '${path}': ${code === 'ENOENT' ? 'there is no such folder' : problem}: ${told}`;
  return new WeightspringError(errorCode, message, cause === undefined ? {} : { cause });
}

/** Whether this is an error of the operating system about a file. */
export function isSystemError(
  error: unknown,
): error is NodeJS.ErrnoException & { readonly code: string } {
  return (
    error instanceof Error &&
    'syscall' in error &&
    'code' in error &&
    typeof error.code === 'string' &&
    // About a socket, not a file.
    !('port' in error)
  );
}

/** For a file that may not exist: null if it does not. */
export function nullIfAbsent(error: unknown): null {
  if (isSystemError(error) && error.code === 'ENOENT') return null;
  throw error;
}
