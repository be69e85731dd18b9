import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parquetMetadataAsync, parquetRead, parquetSchema, type AsyncBuffer } from 'hyparquet';
import { WeightspringError } from '../../errors.js';
import { ColumnBuilder } from './table-column.js';
import { excerpt, unreadable } from './table.js';

/** More cells than memory has room for. */
const MOST_CELLS = 5e8;

/**
 * The columns of a Parquet file: numbers, booleans and texts; those of lists or records are left out.
 * A damaged file may make this endless: see {@link readParquet}.
 *
 * @throws WeightspringError `data-corrupt`, naming the file and the column
 */
export async function parquetColumns(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<readonly ColumnBuilder[]> {
  const { buffer, byteOffset, byteLength } = bytes;
  const file: AsyncBuffer = {
    byteLength,
    slice: (start, end) => buffer.slice(byteOffset + start, byteOffset + (end ?? byteLength)),
  };
  const metadata = await reading(path, 'its footer', () => parquetMetadataAsync(file));
  const rows = Number(metadata.num_rows);
  const fields = await reading(path, 'its schema', () =>
    Promise.resolve(parquetSchema(metadata).children),
  );
  if (!Number.isSafeInteger(rows) || rows < 1 || rows * fields.length > MOST_CELLS) {
    throw unreadable(path, `its footer claims ${rows} rows of ${fields.length} columns`);
  }
  const columns: ColumnBuilder[] = [];
  for (const { element, children } of fields) {
    if (children.length > 0) continue;
    const { name } = element;
    const column = new ColumnBuilder(name);
    // Kept, not thrown: nobody awaits what hyparquet does with a chunk.
    const refusals: WeightspringError[] = [];
    const onChunk = ({ columnData }: { readonly columnData: Iterable<unknown> }): void => {
      for (const value of columnData) {
        if (!addValue(column, value)) {
          refusals.push(notHeld(path, column, value));
          return;
        }
      }
    };
    await reading(path, `column '${name}'`, () =>
      parquetRead({ file, metadata, columns: [name], compressors, onChunk }),
    );
    const [refusal] = refusals;
    if (refusal !== undefined) throw refusal;
    if (column.rows !== rows) {
      throw unreadable(path, `column '${name}': expected ${rows} values, got ${column.rows}`);
    }
    columns.push(column);
  }
  return columns;
}

const compressors = {
  GZIP: (input: Uint8Array, length: number) => gunzipSync(input, { maxOutputLength: length + 1 }),
  BROTLI: (input: Uint8Array, length: number) =>
    brotliDecompressSync(input, { maxOutputLength: length + 1 }),
};

/** @returns whether the column can hold it */
function addValue(column: ColumnBuilder, value: unknown): boolean {
  if (typeof value === 'number') return column.addNumber(Math.abs(value) < Infinity ? value : NaN);
  if (typeof value === 'bigint') return column.addNumber(Number(value));
  if (typeof value === 'string') return column.addCell(value);
  if (typeof value === 'boolean') column.addText(String(value));
  else if (value instanceof Date) column.addText(dateText(value));
  else column.addText(value === null || value === undefined ? null : typeof value);
  return true;
}

function notHeld(path: string, column: ColumnBuilder, value: unknown): WeightspringError {
  return unreadable(
    path,
    `column '${column.name}', row ${column.rows}: expected a number that float32 can hold (at most ` +
      `3.4e38), got ${excerpt(String(value))}`,
  );
}

function dateText(date: Date): string | null {
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** What hyparquet throws about a damaged file says neither file nor place. */
async function reading<T>(path: string, place: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof WeightspringError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw unreadable(
      path,
      `${place} cannot be read (${excerpt(reason, 160)}): take an undamaged copy, or write it with ` +
        'the compression snappy, gzip or none',
      error,
    );
  }
}
