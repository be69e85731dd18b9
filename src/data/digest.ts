import { createHash } from 'node:crypto';

/** SHA-256 of the bytes of typed arrays, one after the other, hexadecimal. */
export function digest(...arrays: readonly NodeJS.TypedArray[]): string {
  const hash = createHash('sha256');
  for (const array of arrays) hash.update(array);
  return hash.digest('hex');
}
