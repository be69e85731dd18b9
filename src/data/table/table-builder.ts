import { parseDecimal } from '../../files/parse-decimal.js';
import type { Delimiter } from './sniff-delimiter.js';
import { ColumnBuilder } from './table-column.js';
import { excerpt, unreadable, type Table } from './table.js';

/** Most columns of a file. */
const MOST_COLUMNS = 20_000;

interface Line {
  readonly cells: readonly string[];
  /** From 1. */
  readonly number: number;
}

/**
 * Makes a table of the lines of a file. The first line holds the names of the columns, unless one of
 * its cells is a number; columns are then called `column 1`, `column 2`, … A first line
 * `rows,features,class,class,…` is that of scikit-learn's files.
 */
export class TableBuilder {
  #first: Line | null = null;
  #columns: readonly ColumnBuilder[] | null = null;

  /** @param target - makes a line that holds it one of names */
  constructor(
    private readonly path: string,
    private readonly delimiter: Delimiter,
    private readonly target: string | undefined,
  ) {}

  add(cells: readonly string[], number: number): void {
    if (this.#first === null) {
      this.#first = { cells, number };
      return;
    }
    this.#columns ??= this.#begin(this.#first, cells);
    this.#addTo(this.#columns, { cells, number });
  }

  /** @throws WeightspringError `data-corrupt` for a file without rows */
  finish(): Table {
    const columns = this.#columns ?? this.#soleLine();
    return {
      path: this.path,
      rows: columns[0]?.rows ?? 0,
      columns,
      target: null,
      isArray: false,
      sharedUnit: false,
      testStart: null,
    };
  }

  #soleLine(): readonly ColumnBuilder[] {
    throw unreadable(
      this.path,
      this.#first === null
        ? 'it is empty: expected a line of names and rows of cells'
        : `line ${this.#first.number} is its only line: expected a line of names and rows of cells`,
    );
  }

  #begin(first: Line, second: readonly string[]): readonly ColumnBuilder[] {
    const names = this.#namesIn(first, second);
    const width = names?.length ?? first.cells.length;
    if (width > MOST_COLUMNS) {
      throw unreadable(
        this.path,
        `line ${first.number}: expected at most ${MOST_COLUMNS} columns, got ${width}`,
      );
    }
    const columns = distinct(names ?? numbered(width)).map(
      (name) => new ColumnBuilder(name, this.delimiter !== ','),
    );
    if (names === null) this.#addTo(columns, first);
    return columns;
  }

  /** Null where the first line is a row. */
  #namesIn({ cells }: Line, second: readonly string[]): readonly string[] | null {
    const [rows, features] = cells.map((cell) => parseDecimal(cell.trim()));
    if (
      Number.isSafeInteger(rows) &&
      features === second.length - 1 &&
      cells.slice(2).every((cell) => Number.isNaN(parseDecimal(cell.trim())))
    ) {
      return [...numbered(second.length - 1), 'target'];
    }
    const names = cells.map((cell) => cell.trim());
    const hasNumber = names.some((name) => !Number.isNaN(parseDecimal(name)));
    return hasNumber && !names.includes(this.target ?? '') ? null : names;
  }

  #addTo(columns: readonly ColumnBuilder[], { cells, number }: Line): void {
    if (cells.length !== columns.length) {
      throw unreadable(
        this.path,
        `line ${number}: expected ${columns.length} cells, as the lines before have, got ` +
          `${cells.length}: mend the line, or its quotes`,
      );
    }
    columns.forEach((column, index) => {
      const cell = cells[index] as string;
      if (!column.addCell(cell)) {
        throw unreadable(
          this.path,
          `line ${number}, column '${column.name}': expected a number that float32 can hold (at ` +
            `most 3.4e38), got ${excerpt(cell)}`,
        );
      }
    });
  }
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `column ${index + 1}`);
}

/** Columns without a name get their number, and those of one name different ones. */
function distinct(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return names.map((given, index) => {
    const name = given === '' ? `column ${index + 1}` : given;
    let own = name;
    for (let again = 2; seen.has(own); again++) own = `${name} (${again})`;
    seen.add(own);
    return own;
  });
}
