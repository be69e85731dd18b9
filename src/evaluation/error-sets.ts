import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { ensure } from '../errors.js';
import { errorSetBytes, type ErrorSet } from '../zoo/error-set.js';

/** Of decoded sets: many times what the largest data set needs. */
const MAX_BYTES = 2 ** 28;

/** Bytes of the number of networks, before the matrix. */
const HEADER = 4;

/**
 * Error sets of networks as text: base64 of what Brotli makes of the number n of networks, as a
 * little-endian uint32, and their bit matrix, row r of the data set in bytes r·⌈n/8⌉ and following,
 * network i in bit i mod 8 of byte ⌊i / 8⌋ of these. Networks agree on most rows, so that this takes
 * a third of the sets one after the other or less.
 *
 * @param sets - all over `rows` rows
 */
export function encodeErrorSets(sets: readonly ErrorSet[], rows: number): string {
  const stride = errorSetBytes(sets.length);
  const content = Buffer.alloc(HEADER + rows * stride);
  content.writeUInt32LE(sets.length);
  const matrix = content.subarray(HEADER);
  sets.forEach((set, network) => {
    for (let row = 0; row < rows; row++) {
      if (bit(set, row)) setBit(matrix, row * stride * 8 + network);
    }
  });
  return brotliCompressSync(content).toString('base64');
}

/**
 * @param networks - number of sets in the text
 * @throws WeightspringError `data-corrupt` for a text of other sizes
 */
export function decodeErrorSets(text: string, networks: number, rows: number): readonly ErrorSet[] {
  const stride = errorSetBytes(networks);
  const content = decompressed(text, HEADER + rows * stride);
  ensure(
    content.length === HEADER + rows * stride && content.readUInt32LE() === networks,
    'data-corrupt',
    () =>
      `error sets cannot be read: expected ${networks} error sets of ${errorSetBytes(rows)} bytes, ` +
      'compressed by Brotli; take an undamaged copy or train the flow again',
  );
  const matrix = content.subarray(HEADER);
  return Array.from({ length: networks }, (_, network) => {
    const set = new Uint8Array(errorSetBytes(rows));
    for (let row = 0; row < rows; row++) {
      if (bit(matrix, row * stride * 8 + network)) setBit(set, row);
    }
    return set;
  });
}

/** Nothing where the text is not compressed, or is longer. */
function decompressed(text: string, bytes: number): Buffer {
  if (bytes > MAX_BYTES) return Buffer.alloc(0);
  try {
    return brotliDecompressSync(Buffer.from(text, 'base64'), { maxOutputLength: bytes });
  } catch {
    return Buffer.alloc(0);
  }
}

function bit(bits: Uint8Array, index: number): number {
  return ((bits[index >> 3] as number) >> (index & 7)) & 1;
}

function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] as number) | (1 << (index & 7));
}
