import { WeightspringError } from '../../errors.js';
import type { TableColumn } from './table-column.js';

/** The columns of a file, in memory. */
export interface Table {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
  /**
   * Name of the column of labels where the file says so, as arrays do; null where the user has to.
   */
  readonly target: string | null;
  /** Whether the columns are the elements of an array: all of them are features then. */
  readonly isArray: boolean;
  /** Whether all numbers share one unit, as the bytes of images do. */
  readonly sharedUnit: boolean;
  /** First row of the test set in it; null if there is none. */
  readonly testStart: number | null;
}

/** The `data-corrupt` error of a file that cannot be read, which says where. */
export function unreadable(path: string, problem: string, cause?: unknown): WeightspringError {
  return new WeightspringError('data-corrupt', `'${path}': ${problem}`, { cause });
}

/** The error of a file that can be read and not be used, which says where. */
export function unusable(path: string, problem: string): WeightspringError {
  return new WeightspringError('invalid-argument', `'${path}': ${problem}`);
}

/** The start of a text, for messages. */
export function excerpt(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
