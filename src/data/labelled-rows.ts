import { ensure } from '../errors.js';
import { digest } from './digest.js';

/** Rows of features with their classes. */
export interface LabelledRows {
  /** [n, d], row-major, raw: not standardised. */
  readonly features: Float32Array;
  /** [n], indices into the class names. */
  readonly labels: Uint8Array;
  /** SHA-256 of features and labels, hexadecimal. */
  readonly sha256: string;
}

/**
 * Rows of features with their classes.
 *
 * @param features - [n, d], row-major, raw
 * @param labels - [n]
 * @throws WeightspringError `shape-mismatch` unless there is a label for every row
 */
export function labelledRows(features: Float32Array, labels: Uint8Array): LabelledRows {
  const width = features.length / labels.length;
  ensure(
    Number.isInteger(width) && width > 0,
    'shape-mismatch',
    () =>
      `expected features [n, d] and n labels, got ${features.length} numbers and ` +
      `${labels.length} labels`,
  );
  return { features, labels, sha256: digest(features, labels) };
}
