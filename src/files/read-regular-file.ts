import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { ensure } from '../errors.js';
import { accessFile } from './file-error.js';
import type { Expected } from './read-file.js';

/**
 * Reads a whole file that need not be trusted. Links are followed, but must lead to a regular file
 * of at most `maxBytes`: a pipe may never end, and a device or a huge file would fill the memory.
 *
 * @throws WeightspringError as `fileError` says, and `data-corrupt` if it is not a regular file or
 *   too long
 */
export function readRegularFile(
  path: string,
  maxBytes: number,
  expected: Expected = {},
): Promise<Buffer> {
  return accessFile({ action: 'read', path, ...expected }, async () => {
    const info = await stat(path);
    ensure(info.isFile(), 'data-corrupt', () => `expected ${path} to be a regular file`);
    // If a pipe has replaced it meanwhile, opening it must not wait for a writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size } = await file.stat();
      ensure(
        size <= maxBytes,
        'data-corrupt',
        () => `expected ${path} to have ${maxBytes} bytes at most, got ${size}`,
      );
      const bytes = Buffer.alloc(size);
      let length = 0;
      while (length < size) {
        const { bytesRead } = await file.read(bytes, length, size - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await file.close();
    }
  });
}
