import { basename } from 'node:path';
import type { Dataset } from './dataset.js';
import { descriptorFeatures, type DataColumn, type DataDescriptor } from './descriptor.js';
import { digest } from './digest.js';
import { encodeTable } from './table/encode-table.js';
import { fitArrayColumn, fitColumn, medianOf, type LeftOut } from './table/fit-column.js';
import { fitClasses, labelAt, targetColumn } from './table/fit-labels.js';
import { readTable } from './table/read-table.js';
import type { TableColumn } from './table/table-column.js';
import { excerpt, unusable, type Table } from './table/table.js';

/** A data set of the user's in files. */
export interface DataSource {
  /** CSV or TSV, Parquet, `.npz`, or IDX images. */
  readonly data: string;
  /** Column of labels; of an `.npz` file the array, of IDX images the file. */
  readonly target?: string | undefined;
  /** File of the same columns whose rows are the test part. Default: a part of the split. */
  readonly test?: string | undefined;
}

/** A data set that other networks learnt from. */
export interface KnownData {
  readonly descriptor: DataDescriptor;
  readonly classNames: readonly string[];
}

export interface FileOptions {
  /** Encodes the rows as those of a data set before them. Default: what is found decides. */
  readonly known?: KnownData | undefined;
  /** Told what was found in words, a line at a time. Default: nobody. */
  readonly tell?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Most numbers of a data set. */
const MOST_VALUES = 2 ** 30;
/** Most features of a network. */
const MOST_FEATURES = 8192;

/**
 * Reads a data set of the user's. Types are found: numbers, booleans, categories, missing values.
 *
 * What decides the encoding are all rows of the file, but not those of the test file; labels do not.
 *
 * @throws WeightspringError `data-missing`; `data-corrupt` or `invalid-argument`, naming file and
 *   place
 */
export async function loadFile(source: DataSource, options: FileOptions = {}): Promise<Dataset> {
  const { known, signal, tell = () => undefined } = options;
  const target = source.target ?? known?.descriptor.target;
  const main = await readTable(source.data, { target, signal });
  const test =
    source.test === undefined
      ? null
      : await readTable(source.test, { target: testTarget(source), signal });
  const labels = targetColumn(main, target);
  const fitRows = main.testStart ?? main.rows;
  const classNames = known?.classNames ?? fitClasses(main.path, labels, fitRows);
  const fitted = known?.descriptor ?? fitDescriptor(main, labels.name, fitRows, tell);
  const parts = partsOf(main, test, target, classNames, tell);
  const testRows = parts.slice(1).reduce((sum, { rows }) => sum + rows.length, 0);
  const descriptor: DataDescriptor = { ...fitted, testRows: testRows === 0 ? null : testRows };
  const featureNames = descriptorFeatures(descriptor);
  const rows = parts.reduce((sum, part) => sum + part.rows.length, 0);
  checkSize(main.path, rows, featureNames.length);
  const features = new Float32Array(rows * featureNames.length);
  const classes = new Uint8Array(rows);
  let firstRow = 0;
  for (const part of parts) {
    encodeTable(part.table, descriptor.columns, part.rows, {
      features,
      width: featureNames.length,
      firstRow,
    });
    classes.set(part.labels, firstRow);
    firstRow += part.rows.length;
  }
  tell(
    `${main.path}: ${rows} rows, ${featureNames.length} features, ${classNames.length} classes of ` +
      `'${labels.name}' (${excerpt(classNames.join(', '), 80)})`,
  );
  return {
    task: descriptor.name,
    descriptor,
    isBuiltIn: false,
    features,
    labels: classes,
    featureNames,
    classNames,
    sharedUnit: descriptor.sharedUnit,
    testStart: testRows === 0 ? null : rows - testRows,
    sha256: digest(features, classes),
  };
}

/** Labels of IDX files are in a file of their own, which is found beside the test images. */
function testTarget({ data, target }: DataSource): string | undefined {
  return /idx\d|ubyte/.test(basename(data)) ? undefined : target;
}

function fitDescriptor(
  table: Table,
  target: string,
  rows: number,
  tell: (line: string) => void,
): Omit<DataDescriptor, 'testRows'> {
  const columns: DataColumn[] = [];
  const leftOut: LeftOut[] = [];
  for (const column of table.columns) {
    if (column.name === target) continue;
    const fitted = table.isArray ? fitArrayColumn(column, rows) : fitColumn(column, rows);
    if ('reason' in fitted) {
      leftOut.push(fitted);
      tell(`column '${fitted.name}' is left out: ${fitted.reason}`);
      continue;
    }
    columns.push(withTestMedian(fitted.column, column, rows));
    if (fitted.note !== undefined) tell(`column '${column.name}': ${fitted.note}`);
  }
  if (columns.length === 0) {
    throw unusable(table.path, `none of its columns besides '${target}' can be used as a feature`);
  }
  return {
    name: datasetName(table.path),
    target,
    columns,
    leftOut,
    sharedUnit: table.sharedUnit,
  };
}

/** Rows after those that decide may lack a value where these do not. */
function withTestMedian(fitted: DataColumn, column: TableColumn, rows: number): DataColumn {
  if (fitted.kind !== 'number' || fitted.whenMissing !== undefined) return fitted;
  for (let row = rows; row < column.rows; row++) {
    if (Number.isNaN(column.numberAt(row))) {
      return { ...fitted, whenMissing: medianOf(column, rows) };
    }
  }
  return fitted;
}

/** The file's name without folder and extensions, of letters, digits and `-`. */
function datasetName(path: string): string {
  const [stem = ''] = basename(path).split('.');
  const name = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return name === '' ? 'data' : name;
}

/** Labelled rows of a table, with their classes. */
interface Part {
  readonly table: Table;
  readonly rows: Int32Array;
  readonly labels: Uint8Array;
}

/** The rows to learn from, then those of the test set if there is one. */
function partsOf(
  main: Table,
  test: Table | null,
  target: string | undefined,
  classNames: readonly string[],
  tell: (line: string) => void,
): readonly Part[] {
  const { testStart } = main;
  const range = (table: Table, from: number, to: number): Part =>
    labelledRows(table, target, [from, to], classNames, tell);
  const own =
    testStart === null
      ? [range(main, 0, main.rows)]
      : [range(main, 0, testStart), range(main, testStart, main.rows)];
  if (test === null) return own;
  if (testStart !== null) {
    throw unusable(main.path, 'it has a test set of its own: leave --test out');
  }
  return [...own, range(test, 0, test.rows)];
}

function labelledRows(
  table: Table,
  target: string | undefined,
  [from, to]: readonly [number, number],
  classNames: readonly string[],
  tell: (line: string) => void,
): Part {
  const column = targetColumn(table, target);
  const known = new Map(classNames.map((name, index) => [name, index]));
  const rows: number[] = [];
  const labels: number[] = [];
  for (let row = from; row < to; row++) {
    const word = labelAt(column, row);
    if (word === null) continue;
    const label = known.get(word);
    if (label === undefined) {
      throw unusable(
        table.path,
        `row ${row + 1}: '${excerpt(word)}' in '${column.name}' is none of the classes ` +
          excerpt(classNames.join(', '), 120),
      );
    }
    rows.push(row);
    labels.push(label);
  }
  const missing = to - from - rows.length;
  if (missing > 0) tell(`${table.path}: ${missing} rows without a label are left out`);
  if (rows.length === 0) throw unusable(table.path, `no row has a label in '${column.name}'`);
  return { table, rows: Int32Array.from(rows), labels: Uint8Array.from(labels) };
}

function checkSize(path: string, rows: number, features: number): void {
  if (features > MOST_FEATURES) {
    throw unusable(path, `expected at most ${MOST_FEATURES} features, got ${features}`);
  }
  if (rows * features > MOST_VALUES) {
    throw unusable(
      path,
      `${rows} rows of ${features} features are more than memory is planned for ` +
        `(${MOST_VALUES} numbers): take a sample of its rows`,
    );
  }
}
