import type { Dataset } from './dataset.js';
import type { Split } from './split.js';

/**
 * How many test rows have the features of a training row: networks may know them by heart.
 */
export function duplicatesInTest(
  { features, featureNames }: Pick<Dataset, 'features' | 'featureNames'>,
  { train, test }: Pick<Split, 'train' | 'test'>,
): number {
  const width = featureNames.length;
  const bits = new Uint32Array(features.buffer, features.byteOffset, features.length);
  const known = new Set<number>();
  for (const row of train) known.add(rowHash(bits, row * width, width));
  let count = 0;
  for (const row of test) if (known.has(rowHash(bits, row * width, width))) count++;
  return count;
}

/** 53 bits, by which rows are different unless they are equal, for all that matters. */
function rowHash(bits: Uint32Array, start: number, width: number): number {
  let [high, low] = [0x9e3779b9, 0x85ebca6b];
  for (let i = start; i < start + width; i++) {
    const word = bits[i] as number;
    high = Math.imul(high ^ word, 0x27d4eb2f);
    high ^= high >>> 15;
    low = Math.imul(low ^ word, 0x165667b1) + high;
    low ^= low >>> 13;
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
