import type { TableColumn } from './table-column.js';

/** What the first rows of a column hold. */
export interface ColumnFacts {
  /** Rows that hold something. */
  readonly present: number;
  readonly missing: number;
  /** Rows that hold a number. */
  readonly numbers: number;
  readonly min: number;
  readonly max: number;
  readonly areIntegers: boolean;
  /** Distinct numbers, up to {@link MOST_DISTINCT}. */
  readonly distinctNumbers: ReadonlySet<number>;
  /** Whether each number is the one before it plus 1. */
  readonly areConsecutive: boolean;
  /** Rows by index of their text. */
  readonly texts: ReadonlyMap<number, number>;
}

/** Distinct numbers that are counted. */
export const MOST_DISTINCT = 4096;

/** Looks at the first `rows` rows of a column. */
export function columnFacts(column: TableColumn, rows: number): ColumnFacts {
  const texts = new Map<number, number>();
  const distinct = new Set<number>();
  let [missing, numbers] = [0, 0];
  let [min, max] = [Infinity, -Infinity];
  let [areIntegers, areConsecutive] = [true, true];
  let before = NaN;
  for (let row = 0; row < rows; row++) {
    const value = column.numberAt(row);
    if (Number.isNaN(value)) {
      const text = column.textAt(row);
      if (text < 0) missing++;
      else texts.set(text, (texts.get(text) ?? 0) + 1);
      continue;
    }
    numbers++;
    if (value < min) min = value;
    if (value > max) max = value;
    if (areIntegers && !Number.isInteger(value)) areIntegers = false;
    if (distinct.size < MOST_DISTINCT) distinct.add(value);
    if (numbers > 1 && value !== before + 1) areConsecutive = false;
    before = value;
  }
  return {
    present: rows - missing,
    missing,
    numbers,
    min,
    max,
    areIntegers,
    distinctNumbers: distinct,
    areConsecutive,
    texts,
  };
}
