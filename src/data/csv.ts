import { parseDecimal } from '../files/parse-decimal.js';
import { corrupt, type DataFile } from './data-files.js';

/** The numbers of a table whose last column is a class index. */
export interface LabelledTable {
  /** `[rows, features]`, row-major, float32. */
  readonly features: Float32Array;
  readonly labels: Uint8Array;
  /** From the header line; empty without one. */
  readonly classNames: readonly string[];
}

export interface CsvLayout {
  readonly features: number;
  readonly classes: number;
  /** Number of rows when there is no header line that states it. */
  readonly rows?: number;
}

/**
 * Parses comma-separated rows of `features` numbers and a class index.
 *
 * Unless `rows` is given, the first line is `rows,features,class name,class name,…`, as
 * scikit-learn ships the UCI sets.
 *
 * @throws WeightspringError `data-corrupt`, naming the line, for a wrong number of rows, columns or
 * classes, a cell that is not a decimal number or does not fit into float32, or a label out of range
 */
export function parseCsv(text: string, file: DataFile, layout: CsvLayout): LabelledTable {
  const lines = text.split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  const header = layout.rows === undefined ? parseHeader(lines.shift(), file, layout) : null;
  const rows = header?.rows ?? layout.rows ?? 0;
  const firstLine = header === null ? 1 : 2;
  if (lines.length !== rows) {
    throw corrupt(file, `expected ${rows} rows of data, got ${lines.length}`);
  }
  const { features: columns, classes } = layout;
  const features = new Float32Array(rows * columns);
  const labels = new Uint8Array(rows);
  lines.forEach((line, row) => {
    const place = `line ${row + firstLine}`;
    const cells = line.split(',');
    if (cells.length !== columns + 1) {
      throw corrupt(
        file,
        `${place}: expected ${columns} features and a class, ${columns + 1} columns in all, ` +
          `got ${cells.length}`,
      );
    }
    const values = cells.map((cell, column) => {
      const value = parseDecimal(cell.trim());
      const problem = Number.isNaN(value) ? 'expected a decimal number' : float32Problem(value);
      if (problem !== null) {
        throw corrupt(file, `${place}, column ${column + 1}: ${problem}, got '${excerpt(cell)}'`);
      }
      return value;
    });
    const label = values.pop() ?? NaN;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw corrupt(
        file,
        `${place}: expected a class index from 0 to ${classes - 1}, got ${label}`,
      );
    }
    features.set(values, row * columns);
    labels[row] = label;
  });
  return { features, labels, classNames: header?.classNames ?? [] };
}

/** Numbers that float32 would silently turn into infinity or zero. */
function float32Problem(value: number): string | null {
  const kept = Math.fround(value);
  if (!Number.isFinite(kept)) return 'expected a number within float32 (at most 3.4e38)';
  if (kept === 0 && value !== 0) return 'expected 0 or a number within float32 (at least 1.4e-45)';
  return null;
}

function parseHeader(
  line: string | undefined,
  file: DataFile,
  { features, classes }: CsvLayout,
): { readonly rows: number; readonly classNames: readonly string[] } {
  const [rowCell, featureCell, ...classNames] = (line ?? '').split(',');
  const rows = parseDecimal(rowCell?.trim() ?? '');
  if (
    !Number.isInteger(rows) ||
    rows < 1 ||
    parseDecimal(featureCell?.trim() ?? '') !== features ||
    classNames.length !== classes
  ) {
    throw corrupt(
      file,
      `expected a first line 'rows,${features},' with ${classes} class names, ` +
        `got '${excerpt(line ?? '')}'`,
    );
  }
  return { rows, classNames };
}

/** The start of a line: a file without line breaks is a single one. */
function excerpt(text: string): string {
  return text.slice(0, 80);
}
