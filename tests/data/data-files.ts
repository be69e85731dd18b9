import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { zipSync } from 'fflate';
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A file in a folder of its own, which is deleted after the test. @returns its path */
export async function dataFile(name: string, contents: string | Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weightspring-data-'));
  folders.push(folder);
  const path = join(folder, name);
  await writeFile(path, contents);
  return path;
}

/** An array as NumPy writes it. */
export function npy(descr: string, shape: readonly number[], bytes: Uint8Array, fortran = false) {
  const dims = shape.length === 1 ? `${String(shape[0])},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${dims}), }`;
  const header = `${text.padEnd(117)}\n`;
  const file = new Uint8Array(10 + header.length + bytes.length);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
  file.set(new TextEncoder().encode(header), 10);
  file.set(bytes, 10 + header.length);
  return file;
}

/** The bytes of an array of numbers. */
export function bytesOf({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** An `.npz` file of arrays as {@link npy} makes them. */
export function npz(arrays: Readonly<Record<string, Uint8Array>>, level: 0 | 6 = 0): Uint8Array {
  return zipSync(
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, array])),
    { level },
  );
}

/** A Parquet file. */
export function parquet(columnData: ColumnSource[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/** An IDX file of unsigned bytes. */
export function idx(shape: readonly number[], data: readonly number[]): Uint8Array {
  const file = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x0800 | shape.length);
  shape.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  file.set(data, 4 + 4 * shape.length);
  return file;
}

/** CSV text of rows. */
export function csv(rows: readonly (readonly (string | number)[])[], delimiter = ','): string {
  return rows.map((row) => `${row.join(delimiter)}\n`).join('');
}
