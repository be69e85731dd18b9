import { columnFeatures, type DataColumn } from '../descriptor.js';
import type { TableColumn } from './table-column.js';
import { unusable, type Table } from './table.js';

/** Where the encoded rows of a table go. */
export interface EncodedRows {
  /** `[rows, width]`, row-major. */
  readonly features: Float32Array;
  readonly width: number;
  /** The row of `features` that the first of the table's rows goes to. */
  readonly firstRow: number;
}

/**
 * Writes the features of a table's rows.
 *
 * @param rows - of the table, in their order
 * @throws WeightspringError `invalid-argument` for a column that is not there
 */
export function encodeTable(
  table: Table,
  columns: readonly DataColumn[],
  rows: Int32Array,
  into: EncodedRows,
): void {
  const known = new Map(table.columns.map((column) => [column.name, column]));
  let place = 0;
  for (const column of columns) {
    const source = known.get(column.name);
    if (source === undefined) {
      throw unusable(
        table.path,
        `expected a column '${column.name}', as the data that the networks learnt from have`,
      );
    }
    encodeColumn(source, column, rows, into, place);
    place += columnFeatures(column).length;
  }
}

function encodeColumn(
  source: TableColumn,
  column: DataColumn,
  rows: Int32Array,
  { features, width, firstRow }: EncodedRows,
  place: number,
): void {
  const encode = encoderOf(source, column);
  const indicator = columnFeatures(column).length - 1;
  rows.forEach((row, index) => {
    const start = (firstRow + index) * width + place;
    const isMissing = encode(row, features, start);
    if (column.indicator === true) features[start + indicator] = isMissing ? 1 : 0;
  });
}

/** Writes the features of a row. @returns whether its value is missing */
type Encoder = (row: number, features: Float32Array, start: number) => boolean;

function encoderOf(source: TableColumn, column: DataColumn): Encoder {
  switch (column.kind) {
    case 'number': {
      const { whenMissing = 0 } = column;
      return (row, features, start) => {
        const value = source.numberAt(row);
        features[start] = Number.isNaN(value) ? whenMissing : value;
        return Number.isNaN(value);
      };
    }
    case 'boolean': {
      const { true: word, whenMissing = 0 } = column;
      const values = source.texts.map((text) => (text.toLowerCase() === word ? 1 : 0));
      return (row, features, start) => {
        const text = source.textAt(row);
        features[start] = text < 0 ? whenMissing : (values[text] ?? 0);
        return text < 0;
      };
    }
    case 'category': {
      const places = new Map(column.categories.map((category, index) => [category, index]));
      const placeOf = source.texts.map((text) => places.get(text));
      return (row, features, start) => {
        const text = source.textAt(row);
        const number = source.numberAt(row);
        const found =
          text >= 0 ? placeOf[text] : Number.isNaN(number) ? undefined : places.get(String(number));
        if (found !== undefined) features[start + found] = 1;
        return text < 0 && Number.isNaN(number);
      };
    }
  }
}
