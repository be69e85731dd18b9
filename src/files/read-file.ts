import { readFile } from 'node:fs/promises';
import { accessFile, nullIfAbsent, type FileUse } from './file-error.js';

/** What is read, and what to say if it does not exist. */
export type Expected = Pick<FileUse, 'what' | 'missing'>;

/**
 * The contents of a file.
 *
 * @throws WeightspringError as `fileError` says
 */
export function readBytes(path: string, expected: Expected = {}): Promise<Buffer> {
  return accessFile({ action: 'read', path, ...expected }, () => readFile(path));
}

/** As {@link readBytes}, decoded as UTF-8. */
export function readText(path: string, expected: Expected = {}): Promise<string> {
  return accessFile({ action: 'read', path, ...expected }, () => readFile(path, 'utf8'));
}

/** As {@link readBytes}; null if there is no such file. */
export function readBytesIfPresent(path: string, expected: Expected = {}): Promise<Buffer | null> {
  return accessFile({ action: 'read', path, ...expected }, () =>
    readFile(path).catch(nullIfAbsent),
  );
}

/** As {@link readText}; null if there is no such file. */
export function readTextIfPresent(path: string, expected: Expected = {}): Promise<string | null> {
  return accessFile({ action: 'read', path, ...expected }, () =>
    readFile(path, 'utf8').catch(nullIfAbsent),
  );
}
