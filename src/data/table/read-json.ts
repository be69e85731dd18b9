import { parseJson } from '../../files/parse-json.js';
import { ColumnBuilder } from './table-column.js';
import { excerpt, unreadable, unusable, type Table } from './table.js';

/** A cell of a table in JSON. */
type Cell = number | string | boolean | null;

/** Rows without names, and their labels. */
interface Arrays {
  readonly X: readonly unknown[];
  readonly y: readonly unknown[];
}

const FORMS = 'a list of objects, a column each, or {"X": [[…], …], "y": […]}';

/** Whether the start of a text is that of a table in JSON. */
export function isJson(start: Uint8Array): boolean {
  return /^\uFEFF?\s*[[{]/.test(new TextDecoder().decode(start));
}

/**
 * Reads a table in JSON: `[{"age": 3, "class": "yes"}, …]`, or `{"X": [[3, …], …], "y": ["yes", …]}`.
 *
 * @throws WeightspringError `data-corrupt` or `invalid-argument`, naming file, row and column
 */
export function readJson(path: string, bytes: Uint8Array): Table {
  return tableOfJson(path, parsed(path, bytes));
}

function parsed(path: string, bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'is not UTF-8';
    throw unreadable(path, `the text ${reason}: expected ${FORMS}`, error);
  }
}

/**
 * A table of what JSON says.
 *
 * @param path - how messages call it
 * @throws WeightspringError `invalid-argument`, naming row and column
 */
export function tableOfJson(path: string, value: unknown): Table {
  if (Array.isArray(value)) return recordTable(path, value as readonly unknown[]);
  if (isObject(value)) {
    const { X, y } = value;
    if (Array.isArray(X) && Array.isArray(y)) return arraysTable(path, { X, y });
  }
  throw unusable(path, `expected ${FORMS}`);
}

function recordTable(path: string, rows: readonly unknown[]): Table {
  const [first] = rows;
  if (!isObject(first)) throw unusable(path, `row 1: expected an object, a column each`);
  const columns = Object.keys(first).map((name) => new ColumnBuilder(name));
  rows.forEach((row, index) => {
    if (!isObject(row)) throw unusable(path, `row ${index + 1}: expected an object, a column each`);
    const extra = Object.keys(row).find((name) => !Object.hasOwn(first, name));
    if (extra !== undefined) {
      throw unusable(path, `row ${index + 1}: column '${excerpt(extra)}' is not in row 1`);
    }
    for (const column of columns) addCell(path, column, index, row[column.name] ?? null);
  });
  return { ...tableFrom(path, columns), target: null, isArray: false };
}

function arraysTable(path: string, { X, y }: Arrays): Table {
  if (X.length !== y.length || X.length === 0) {
    throw unusable(
      path,
      `expected a label for each row, got ${X.length} rows and ${y.length} labels`,
    );
  }
  const width = Array.isArray(X[0]) ? X[0].length : 0;
  const columns = Array.from({ length: width }, (_, k) => new ColumnBuilder(`feature ${k + 1}`));
  const labels = new ColumnBuilder('y');
  X.forEach((row, index) => {
    if (!Array.isArray(row) || row.length !== width || width === 0) {
      const got = Array.isArray(row) ? `${row.length}` : 'no list';
      throw unusable(
        path,
        `row ${index + 1}: expected a list of ${width || 'numbers'}, got ${got}`,
      );
    }
    columns.forEach((column, place) => {
      addCell(path, column, index, row[place]);
    });
    addCell(path, labels, index, y[index]);
  });
  return { ...tableFrom(path, [...columns, labels]), target: 'y', isArray: true };
}

function tableFrom(
  path: string,
  columns: readonly ColumnBuilder[],
): Omit<Table, 'target' | 'isArray'> {
  return { path, rows: columns[0]?.rows ?? 0, columns, sharedUnit: false, testStart: null };
}

function addCell(path: string, column: ColumnBuilder, row: number, cell: unknown): void {
  const place = `row ${row + 1}, column '${excerpt(column.name)}'`;
  if (!isCell(cell)) throw unusable(path, `${place}: expected a number, a text or null`);
  const isSound =
    typeof cell === 'number'
      ? column.addNumber(cell)
      : column.addCell(cell === null ? '' : String(cell));
  if (!isSound) {
    throw unusable(path, `${place}: expected a number that float32 can hold, got ${String(cell)}`);
  }
}

function isCell(value: unknown): value is Cell {
  return value === null || ['number', 'string', 'boolean'].includes(typeof value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
