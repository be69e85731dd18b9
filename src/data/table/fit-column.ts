import type { DataColumn } from '../descriptor.js';
import { columnFacts, type ColumnFacts } from './column-facts.js';
import { MOST_TEXTS, type TableColumn } from './table-column.js';
import { excerpt } from './table.js';

/** A column that no feature can be made of, and why. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** A feature's column, with what is worth telling about it. */
export interface FittedColumn {
  readonly column: DataColumn;
  readonly note?: string;
}

/** Categories of a column that get a feature each; the others share none. */
export const MOST_CATEGORIES = 32;
/** Fewest rows in which a feature of a category is 1, and the same as a share. */
const FEWEST_ROWS = 2;
const FEWEST_SHARE = 0.01;

/** Pairs of words for true and false. */
const BOOLEANS = [
  ['true', 'false'],
  ['yes', 'no'],
  ['y', 'n'],
  ['t', 'f'],
  ['on', 'off'],
] as const;

const DATE =
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[ -][a-z]{3,9}[ -]\d{2,4}|[a-z]{3,9}\.? \d{1,2},? \d{4})(?:[t ].*)?$|^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/i;
const ID_NAME =
  /^(?:id|index|key|uuid|unnamed: 0)$|(?:^|[^a-z])ids?$|[a-z]I[dD]$|^ids?(?:[^a-z]|$)|(?:_|\b)(?:row|record|sample)(?:[ _]?(?:no|number|num|index))$/i;
/** Fewest rows by which numbers without repetition count as names of the rows. */
const FEWEST_IDS = 20;
/** Share of a column's values that may be words among numbers. */
const ODD_SHARE = 0.02;
const MOST_ODD_WORDS = 3;
/** Words of a value from which a column is free text. */
const FREE_TEXT_WORDS = 5;

/**
 * Decides what a column becomes.
 *
 * @param rows - the first so many rows decide
 */
export function fitColumn(column: TableColumn, rows: number): FittedColumn | LeftOut {
  const facts = columnFacts(column, rows);
  const { name } = column;
  const { present, numbers, texts } = facts;
  if (present === 0) return { name, reason: 'it has no values' };
  const words = present - numbers;
  if (words === 0) return fitNumbers(column, facts, rows);
  if (numbers > 0 && words <= ODD_SHARE * present && texts.size <= MOST_ODD_WORDS) {
    const odd = [...texts.keys()].map((text) => `'${column.texts[text] ?? '…'}'`).join(', ');
    const fitted = fitNumbers(column, { ...facts, missing: facts.missing + words }, rows);
    return 'reason' in fitted
      ? fitted
      : { ...fitted, note: `${odd} in ${words} rows counts as missing` };
  }
  return numbers === 0 && isOfDates(column, facts)
    ? { name, reason: 'dates and times are not used' }
    : fitWords(column, facts, rows);
}

/** A column of an array, whose columns are all of numbers and all used. */
export function fitArrayColumn(column: TableColumn, rows: number): FittedColumn {
  return numberColumn(column, columnFacts(column, rows), rows);
}

function fitNumbers(column: TableColumn, facts: ColumnFacts, rows: number): FittedColumn | LeftOut {
  const { name } = column;
  const { min, max, missing, numbers } = facts;
  if (min === max && missing === 0) return { name, reason: `it is ${min} in all rows` };
  const isDistinct = facts.areIntegers && missing === 0 && areDistinct(column, rows);
  if (isDistinct && numbers >= FEWEST_IDS && (facts.areConsecutive || ID_NAME.test(name))) {
    return { name, reason: 'it numbers the rows' };
  }
  return numberColumn(column, facts, rows);
}

function numberColumn(
  column: TableColumn,
  { missing }: Pick<ColumnFacts, 'missing'>,
  rows: number,
): FittedColumn {
  const { name } = column;
  if (missing === 0) return { column: { kind: 'number', name } };
  const indicator = indicatorFor(missing, rows);
  return {
    column: { kind: 'number', name, whenMissing: medianOf(column, rows), ...indicator },
    note:
      `the median in ${missing} rows without a value` +
      (indicator.indicator === true ? ', and a feature that says where' : ''),
  };
}

/** A feature that is 1 in few rows only would be noise. */
function indicatorFor(missing: number, rows: number): { readonly indicator?: true } {
  return missing >= fewestRows(rows) ? { indicator: true } : {};
}

function fewestRows(rows: number): number {
  return Math.max(FEWEST_ROWS, FEWEST_SHARE * rows);
}

function areDistinct(column: TableColumn, rows: number): boolean {
  const seen = new Set<number>();
  for (let row = 0; row < rows; row++) {
    if (seen.has(column.numberAt(row))) return false;
    seen.add(column.numberAt(row));
  }
  return true;
}

/** Of the numbers among the first rows; 0 without any. */
export function medianOf(column: TableColumn, rows: number): number {
  const values = new Float64Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const value = column.numberAt(row);
    if (!Number.isNaN(value)) values[count++] = value;
  }
  const sorted = values.subarray(0, count).sort();
  const [low = 0, high = 0] = [sorted[(count - 1) >> 1], sorted[count >> 1]];
  return low / 2 + high / 2;
}

function isOfDates(column: TableColumn, { texts }: ColumnFacts): boolean {
  return [...texts.keys()].every((text) => DATE.test(column.texts[text] ?? ''));
}

/** Text and numbers as words, with the number of their rows. */
function wordCounts(column: TableColumn, facts: ColumnFacts, rows: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [text, count] of facts.texts) counts.set(column.texts[text] ?? '', count);
  if (facts.numbers === 0) return counts;
  for (let row = 0; row < rows; row++) {
    const value = column.numberAt(row);
    if (Number.isNaN(value)) continue;
    counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  return counts;
}

function fitWords(column: TableColumn, facts: ColumnFacts, rows: number): FittedColumn | LeftOut {
  const { name } = column;
  const { present, missing } = facts;
  if ([...facts.texts.keys()].some((text) => text >= MOST_TEXTS)) {
    return { name, reason: `more than ${MOST_TEXTS} different texts are not used` };
  }
  const counts = wordCounts(column, facts, rows);
  const words = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const [commonest] = words;
  if (words.length === 1 && missing === 0) {
    return { name, reason: `it is '${excerpt(commonest?.[0] ?? '')}' in all rows` };
  }
  const indicator = indicatorFor(missing, rows);
  const boolean = booleanOf(words.map(([word]) => word));
  if (boolean !== undefined) {
    const isTrueCommoner = commonest?.[0].toLowerCase() === boolean;
    const whenMissing = missing === 0 ? {} : { whenMissing: isTrueCommoner ? 1 : 0 };
    return { column: { kind: 'boolean', name, true: boolean, ...whenMissing, ...indicator } };
  }
  if (words.length > MOST_CATEGORIES) {
    if (words.length > present / 2) {
      const reason = `${words.length} different texts in ${present} rows: names or free text`;
      return { name, reason };
    }
    const length = words.reduce((sum, [word]) => sum + word.split(/\s+/).length, 0) / words.length;
    if (length >= FREE_TEXT_WORDS) return { name, reason: 'free text is not used' };
  }
  const kept = words.filter(([, count]) => count >= fewestRows(rows)).slice(0, MOST_CATEGORIES);
  if (kept.length === 0) return { name, reason: 'no text is in enough rows' };
  const isComplete = kept.length === words.length;
  // Of two, one feature says it all.
  const featured = isComplete && kept.length === 2 && missing === 0 ? kept.slice(1) : kept;
  const left = words.length - kept.length;
  return {
    column: {
      kind: 'category',
      name,
      categories: featured.map(([word]) => word).sort(),
      ...indicator,
    },
    ...(left === 0
      ? {}
      : {
          note: `the ${kept.length} commonest of ${words.length} categories get a feature each`,
        }),
  };
}

/** The word for true, in lower case, where the words are a pair of booleans. */
function booleanOf(words: readonly string[]): string | undefined {
  const lower = new Set(words.map((word) => word.toLowerCase()));
  if (lower.size > 2) return undefined;
  return BOOLEANS.find((pair) =>
    [...lower].every((word) => (pair as readonly string[]).includes(word)),
  )?.[0];
}
