import { createHash } from 'node:crypto';
import { WeightspringError } from '../errors.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  type StoredTensor,
  type TensorFile,
} from './safetensors.js';

/** Stands for the digest while the file is digested. */
const BLANK = '0'.repeat(64);
/** Start of the header of every sealed file: the digest is the first entry. */
const BEFORE_DIGEST = '{"__metadata__":{"sha256":"';
const DIGEST_START = 8 + BEFORE_DIGEST.length;
const DIGEST_END = DIGEST_START + BLANK.length;

/**
 * A safetensors file with its own digest as `sha256` in its metadata, computed over the whole file
 * with 64 zeros in its place: no bit can change unnoticed.
 */
export function encodeSealedSafetensors(
  tensors: readonly StoredTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const bytes = encodeSafetensors(tensors, { sha256: BLANK, ...metadata });
  bytes.set(Buffer.from(digestOf(bytes), 'latin1'), DIGEST_START);
  return bytes;
}

/**
 * Reads a file of {@link encodeSealedSafetensors}.
 *
 * @throws WeightspringError `data-corrupt` unless it is bit for bit the file that was written
 */
export function decodeSealedSafetensors(bytes: Uint8Array): TensorFile {
  const text = (start: number, end: number): string =>
    Buffer.from(bytes.subarray(start, end)).toString('latin1');
  if (bytes.length < DIGEST_END || text(8, DIGEST_START) !== BEFORE_DIGEST) {
    throw new WeightspringError(
      'data-corrupt',
      'expected a safetensors file that begins with its digest, but it is damaged or an earlier ' +
        'release wrote it',
    );
  }
  const copy = Uint8Array.from(bytes);
  copy.set(Buffer.from(BLANK, 'latin1'), DIGEST_START);
  if (digestOf(copy) !== text(DIGEST_START, DIGEST_END)) {
    throw new WeightspringError(
      'data-corrupt',
      'the file is damaged: its SHA-256 is not the one it was written with',
    );
  }
  return decodeSafetensors(bytes);
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
