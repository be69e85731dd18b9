import { ensure, type WeightspringError } from '../errors.js';
import { numberColumns, type DataColumn, type DataDescriptor } from './descriptor.js';
import { labelledRows, type LabelledRows } from './labelled-rows.js';
import { encodeTable } from './table/encode-table.js';
import { labelAt, targetColumn } from './table/fit-labels.js';
import { readTable, type TableOptions } from './table/read-table.js';
import type { TableColumn } from './table/table-column.js';
import { excerpt, unusable, type Table } from './table/table.js';

/** How a flow's networks name what they read and answer. */
export interface KnownNames {
  readonly featureNames: readonly string[];
  readonly classNames: readonly string[];
  /** How features follow from columns. Default: each is a column of its name. */
  readonly data?: DataDescriptor | undefined;
  /** Most features of all rows together. Default 2²⁸. */
  readonly mostNumbers?: number;
}

/**
 * Reads labelled rows from a file of any kind that data sets may have.
 *
 * @throws WeightspringError as {@link labelledTable}, and `data-missing` or `data-corrupt`
 */
export async function readLabelledRows(
  path: string,
  known: KnownNames,
  { target, signal }: TableOptions = {},
): Promise<LabelledRows> {
  return labelledTable(await readTable(path, { target, signal }), known, target);
}

/** What a column of labels is called where nobody says. */
const TARGETS: readonly string[] = ['class', 'label', 'target', 'y'];

/**
 * The rows of a table as the networks of a flow read them. Unlike a data set to learn from, nothing is
 * guessed and nothing left out: every row needs a value in every column, and a class that is known.
 * Columns of numbers may lack values where the data set of the flow did.
 *
 * Rows of a test set do not count. Labels are names of classes; where these are words, also their numbers from 0.
 *
 * @param target - column of labels. Default: that of the flow's data set, else `class`, `label`,
 *   `target` or `y`
 * @throws WeightspringError `invalid-argument`, naming row and column
 */
export function labelledTable(
  table: Table,
  known: KnownNames,
  target: string | undefined,
): LabelledRows {
  const columns = known.data?.columns ?? numberColumns(known.featureNames);
  const part = { ...table, rows: table.testStart ?? table.rows };
  const named = part.isArray ? namedByPlace(part, columns) : part;
  checkSize(named, known);
  const labels = labelsOf(labelColumn(named, known, target), named, known);
  for (const column of columns) checkColumn(named, column);
  const width = known.featureNames.length;
  const features = new Float32Array(named.rows * width);
  const rows = Int32Array.from({ length: named.rows }, (_, row) => row);
  encodeTable(named, columns, rows, { features, width, firstRow: 0 });
  return labelledRows(features, labels);
}

function checkSize({ path, rows }: Table, known: KnownNames): void {
  const { featureNames, mostNumbers = 2 ** 28 } = known;
  const most = Math.floor(mostNumbers / featureNames.length);
  ensure(
    rows <= most,
    'too-large',
    () =>
      `'${path}': expected at most ${most} rows of ${featureNames.length} features, got ${rows}: ` +
      'take a sample of them',
  );
}

function labelColumn(table: Table, known: KnownNames, target: string | undefined): TableColumn {
  const features = new Set(known.featureNames);
  const usual = table.columns.find(
    ({ name }) => TARGETS.includes(name.toLowerCase()) && !features.has(name),
  );
  const wanted = target ?? table.target ?? known.data?.target ?? usual?.name;
  if (wanted !== undefined) return targetColumn(table, wanted);
  const names = table.columns.map(({ name }) => name).join(', ');
  throw unusable(table.path, `say which column holds the labels: one of ${excerpt(names, 400)}`);
}

/** The columns of an array under the names of the flow's features, which they are in the order of. */
function namedByPlace(table: Table, columns: readonly DataColumn[]): Table {
  const features = table.columns.filter(({ name }) => name !== table.target);
  const names = new Set(features.map(({ name }) => name));
  if (columns.every(({ name }) => names.has(name))) return table;
  if (features.length !== columns.length) {
    throw unusable(
      table.path,
      `expected rows of ${columns.length} features, as the networks of the flow read, got ` +
        String(features.length),
    );
  }
  const renamed = features.map((column, place) => withName(column, columns[place]?.name ?? ''));
  const labels = table.columns.filter(({ name }) => name === table.target);
  return { ...table, columns: [...renamed, ...labels] };
}

function withName(column: TableColumn, name: string): TableColumn {
  const { rows, texts } = column;
  return {
    name,
    rows,
    texts,
    numberAt: (row) => column.numberAt(row),
    textAt: (row) => column.textAt(row),
  };
}

function labelsOf(
  column: TableColumn,
  { path, rows }: Table,
  { classNames }: KnownNames,
): Uint8Array {
  const known = new Map(classNames.map((name, index) => [name, index]));
  const areWords = classNames.every((name) => Number.isNaN(Number(name)));
  if (areWords) classNames.forEach((_, index) => known.set(String(index), index));
  return Uint8Array.from({ length: rows }, (_, row) => {
    const word = labelAt(column, row);
    const label = word === null ? undefined : known.get(word);
    if (label !== undefined) return label;
    throw badCell(
      path,
      row,
      column.name,
      `expected one of the classes ${excerpt(classNames.join(', '), 120)}, got ${shown(word)}`,
    );
  });
}

/** Refuses cells that encoding would take for missing. */
function checkColumn({ path, rows, columns }: Table, column: DataColumn): void {
  const source = columns.find(({ name }) => name === column.name);
  if (source === undefined) {
    throw unusable(
      path,
      `expected a column '${column.name}', as the networks of the flow read it, but its columns are ` +
        excerpt(columns.map(({ name }) => name).join(', '), 400),
    );
  }
  const mayLack =
    column.kind === 'category' || column.whenMissing !== undefined || column.indicator === true;
  for (let row = 0; row < rows; row++) {
    const text = source.textAt(row);
    const isNumber = !Number.isNaN(source.numberAt(row));
    if (column.kind === 'number' ? isNumber : isNumber || text >= 0) continue;
    if (text < 0 && mayLack) continue;
    const word = text < 0 ? null : (source.texts[text] ?? '…');
    const expected = column.kind === 'number' ? 'a number' : 'a value';
    throw badCell(path, row, column.name, `expected ${expected}, got ${shown(word)}`);
  }
}

function shown(word: string | null): string {
  return word === null ? 'nothing' : `'${excerpt(word)}'`;
}

function badCell(path: string, row: number, column: string, problem: string): WeightspringError {
  return unusable(path, `row ${row + 1}, column '${column}': ${problem}`);
}
