import { expect, it } from 'vitest';
import { duplicatesInTest } from '../../src/data/duplicates.js';
import { Random } from '../../src/random.js';

it('counts test rows that have the features of a training row', () => {
  const features = new Random(1, 'duplicates').normals(30);
  const featureNames = ['a', 'b', 'c'];
  const split = { train: Int32Array.of(0, 1, 2, 3), test: Int32Array.of(7, 8, 9) };
  expect(duplicatesInTest({ features, featureNames }, split)).toBe(0);
  features.copyWithin(3 * 8, 3 * 2, 3 * 3);
  expect(duplicatesInTest({ features, featureNames }, split)).toBe(1);
});
