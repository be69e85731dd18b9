/**
 * A set of rows as a bit mask: row r is bit r mod 8, from the lowest, of byte ⌊r / 8⌋. It holds
 * the rows of a data set that a network gets wrong.
 */
export type ErrorSet = Uint8Array;

/** Number of bytes of an error set over `rows` rows. */
export function errorSetBytes(rows: number): number {
  return Math.ceil(rows / 8);
}

/** The rows where two lists of class indices differ. */
export function errorSet(predicted: ArrayLike<number>, labels: ArrayLike<number>): ErrorSet {
  const bits = new Uint8Array(errorSetBytes(labels.length));
  for (let row = 0; row < labels.length; row++) {
    if (predicted[row] !== labels[row])
      bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  }
  return bits;
}

/**
 * The rows where predictions of some rows differ from the labels of all.
 *
 * @param rows - that there are predictions of, in their order
 */
export function errorSetAt(
  rows: Int32Array,
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
): ErrorSet {
  const bits = new Uint8Array(errorSetBytes(labels.length));
  rows.forEach((row, index) => {
    if (predicted[index] !== labels[row])
      bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  });
  return bits;
}

/**
 * Number of rows in the set.
 *
 * @internal tests check sets by it
 */
export function errorCount(set: ErrorSet): number {
  let count = 0;
  for (const byte of set) count += BIT_COUNTS[byte] as number;
  return count;
}

/** Fraction of `rows` that are not in the set: the accuracy on them. */
export function accuracyOn(rows: Int32Array, errors: ErrorSet): number {
  const wrong = rows.filter((row) => ((errors[row >> 3] as number) >> (row & 7)) & 1);
  return 1 - wrong.length / rows.length;
}

/**
 * Intersection over union of two error sets of the same rows, in [0, 1]; two empty sets count 1.
 *
 * @see docs/notation.md, novelty
 */
export function intersectionOverUnion(a: ErrorSet, b: ErrorSet): number {
  let intersection = 0;
  let union = 0;
  for (let i = 0; i < a.length; i++) {
    const left = a[i] as number;
    const right = b[i] as number;
    intersection += BIT_COUNTS[left & right] as number;
    union += BIT_COUNTS[left | right] as number;
  }
  return union === 0 ? 1 : intersection / union;
}

const BIT_COUNTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});
