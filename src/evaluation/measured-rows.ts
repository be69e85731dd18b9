import type { ErrorSet } from '../zoo/error-set.js';
import type { PreparedTask } from '../zoo/prepared-task.js';

/** Data sets of more rows are measured on those that nothing was trained on. */
export const MANY_ROWS = 20_000;

/** What evaluation looks at of a data set. */
interface MeasuredRows {
  /** Ascending; all of a small data set, else the validation and test parts. */
  readonly rows: Int32Array;
  /** `[rows, width]`, standardised. */
  readonly features: Float32Array;
  /** Where the rows of the test part are among them, in the order of the part. */
  readonly test: Int32Array;
}

const KNOWN = new WeakMap<PreparedTask, MeasuredRows>();

/** The rows that networks are measured on. */
export function measuredRows(task: PreparedTask): MeasuredRows {
  let known = KNOWN.get(task);
  if (known === undefined) {
    known = chosenRows(task);
    KNOWN.set(task, known);
  }
  return known;
}

function chosenRows({ features, featureNames, labels, split }: PreparedTask): MeasuredRows {
  if (labels.length <= MANY_ROWS) {
    return { rows: Int32Array.from(labels, (_, row) => row), features, test: split.test };
  }
  const rows = Int32Array.of(...split.validation, ...split.test).sort();
  const width = featureNames.length;
  const chosen = new Float32Array(rows.length * width);
  const places = new Map<number, number>();
  rows.forEach((row, index) => {
    chosen.set(features.subarray(row * width, (row + 1) * width), index * width);
    places.set(row, index);
  });
  const test = split.test.map((row) => places.get(row) as number);
  return { rows, features: chosen, test };
}

/**
 * The part of an error set over the whole data set that evaluation looks at.
 *
 * @see docs/decisions/0034-nulls-and-novelty.md
 */
export function measuredErrors(errors: ErrorSet, task: PreparedTask): ErrorSet {
  if (task.labels.length <= MANY_ROWS) return errors;
  const kept = new Uint8Array(errors.length);
  for (const row of measuredRows(task).rows) {
    const byte = row >> 3;
    kept[byte] = (kept[byte] as number) | ((errors[byte] as number) & (1 << (row & 7)));
  }
  return kept;
}
