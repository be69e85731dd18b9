import { ensure } from '../errors.js';
import { Random } from '../random.js';
import { rowCount, type Dataset } from './dataset.js';

/** The rows of a data set by use: disjoint, each in ascending order, together all rows. */
export interface Split {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

export interface SplitOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Fraction of all rows. Default 0.1. */
  readonly validationFraction?: number;
  /** Fraction of all rows; ignored if the data set comes with a test set. Default 0.3. */
  readonly testFraction?: number;
}

/**
 * Random split, stratified by class: 60 % train, 10 % validation, 30 % test by default.
 *
 * A published test set is the test part, and the fractions apply to the other rows. The same seed
 * gives the same split on every machine.
 *
 * @throws WeightspringError `invalid-argument` if the fractions leave nothing to train on
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
      `expected validation and test fractions of at least 0 that leave rows to train on, got ` +
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
