import { columnFacts, MOST_DISTINCT } from './column-facts.js';
import type { TableColumn } from './table-column.js';
import { excerpt, unusable, type Table } from './table.js';

/** Labels are stored in bytes. */
const MOST_CLASSES = 256;
/** Distinct numbers from which a column is a quantity if they are not whole, or if they are. */
const QUANTITY = { fractions: 20, integers: 50 };
/** Share of numbers from which words among them do not count. */
const NUMBERS_SHARE = 0.98;
/** Rows of a class on average below which whole numbers are a quantity. */
const FEWEST_ROWS = 10;

/** The column of labels. @throws WeightspringError `invalid-argument` if there is none */
export function targetColumn(table: Table, target: string | undefined): TableColumn {
  const { path, columns } = table;
  const names = columns.map(({ name }) => name);
  const list = excerpt(names.join(', '), 400);
  const wanted = table.target ?? target;
  if (wanted === undefined) {
    throw unusable(path, `name the column of labels with --target: one of ${list}`);
  }
  const found =
    columns.find(({ name }) => name === wanted) ??
    columns.find(({ name }) => name.toLowerCase() === wanted.trim().toLowerCase());
  if (found === undefined) {
    throw unusable(path, `expected a column '${wanted}' of labels, but its columns are ${list}`);
  }
  return found;
}

/** The word for what a row of a column of labels holds; null for nothing. */
export function labelAt(column: TableColumn, row: number): string | null {
  const number = column.numberAt(row);
  if (!Number.isNaN(number)) return String(number);
  const text = column.textAt(row);
  return text < 0 ? null : (column.texts[text] ?? '…');
}

/**
 * The classes of a column of labels: numbers ascending, or texts in alphabetical order.
 *
 * @param rows - the first so many rows decide
 * @throws WeightspringError `invalid-argument` for a quantity, too many classes, or one
 */
export function fitClasses(path: string, column: TableColumn, rows: number): readonly string[] {
  const facts = columnFacts(column, rows);
  const { name } = column;
  const { present, numbers, distinctNumbers, areIntegers } = facts;
  if (present === 0) throw unusable(path, `the column '${name}' of labels has no values`);
  const many = distinctNumbers.size;
  const isQuantity = areIntegers
    ? many > QUANTITY.integers && many > numbers / FEWEST_ROWS
    : many > QUANTITY.fractions;
  if (numbers >= NUMBERS_SHARE * present && (isQuantity || many > MOST_CLASSES)) {
    const count = many === MOST_DISTINCT ? `more than ${many}` : String(many);
    throw unusable(
      path,
      `the column '${name}' holds ${count} different numbers in ${present} rows, a quantity: ` +
        'networks here tell classes apart and do not regress; name a column of classes, or add ' +
        'one that says in which range the quantity lies',
    );
  }
  const words = [
    ...[...distinctNumbers].sort((a, b) => a - b).map(String),
    ...[...facts.texts.keys()].map((text) => column.texts[text] ?? '…').sort(),
  ];
  const classes = [...new Set(words)];
  const [only = ''] = classes;
  if (classes.length === 1) {
    throw unusable(
      path,
      `the column '${name}' is '${excerpt(only)}' in all rows: there is nothing to tell apart`,
    );
  }
  if (classes.length > MOST_CLASSES) {
    throw unusable(
      path,
      `the column '${name}' holds ${classes.length} different values in ${present} rows: expected ` +
        `at most ${MOST_CLASSES} classes`,
    );
  }
  return classes;
}
