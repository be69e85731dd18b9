import { createHash } from 'node:crypto';

/** SHA-256 of the concatenated bytes of typed arrays, hexadecimal. */
export function digest(...arrays: readonly NodeJS.TypedArray[]): string {
  const hash = createHash('sha256');
  for (const array of arrays) hash.update(array);
  return hash.digest('hex');
}
