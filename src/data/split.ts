import { ensure } from '../errors.js';
import { Random } from '../random.js';
import { rowCount, type Dataset } from './dataset.js';

/** Rows of a data set by their use; ascending indices, disjoint, together all rows. */
export interface Split {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

export interface SplitOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Part of all rows for validation. Default 0.1. */
  readonly validationFraction?: number;
  /** Part of all rows for the test; without effect where the publisher set a test set apart. Default 0.3. */
  readonly testFraction?: number;
}

/**
 * Splits a data set at random, each class by itself, so that the parts keep the class proportions
 * (stratified): 60 % train, 10 % validation, 30 % test by default.
 *
 * Where the publisher set a test set apart it is the test part, and the fractions apply to the
 * rest. The same seed gives the same split on every machine.
 *
 * @throws WeightspringError `invalid-argument` when the fractions leave nothing to train on
 */
export function splitDataset(
  dataset: Pick<Dataset, 'labels' | 'classNames' | 'testStart'>,
  { seed = 0, validationFraction = 0.1, testFraction = 0.3 }: SplitOptions = {},
): Split {
  const ownTest = dataset.testStart !== null;
  const testPart = ownTest ? 0 : testFraction;
  ensure(
    validationFraction >= 0 && testPart >= 0 && validationFraction + testPart < 1,
    'invalid-argument',
    () =>
      `validation and test fractions must be at least 0 and leave rows to train on, got ` +
      `${validationFraction} and ${testPart}`,
    'validationFraction',
  );
  const poolEnd = dataset.testStart ?? rowCount(dataset);
  const parts = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  dataset.classNames.forEach((_, label) => {
    const rows: number[] = [];
    for (let row = 0; row < poolEnd; row++) if (dataset.labels[row] === label) rows.push(row);
    const order = new Random(seed, 'split', label).permutation(rows.length);
    const testEnd = Math.round(testPart * rows.length);
    const validationEnd = testEnd + Math.round(validationFraction * rows.length);
    order.forEach((chosen, position) => {
      const part = position < testEnd ? 'test' : position < validationEnd ? 'validation' : 'train';
      parts[part].push(rows[chosen] as number);
    });
  });
  for (let row = poolEnd; row < rowCount(dataset); row++) parts.test.push(row);
  return {
    train: Int32Array.from(parts.train).sort(),
    validation: Int32Array.from(parts.validation).sort(),
    test: Int32Array.from(parts.test).sort(),
  };
}
