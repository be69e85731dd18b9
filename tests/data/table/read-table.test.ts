import { gzipSync } from 'node:zlib';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTable } from '../../../src/data/table/read-table.js';
import type { Table } from '../../../src/data/table/table.js';
import { bytesOf, dataFile, idx, npy, npz, parquet } from '../data-files.js';

/** The cells of a table as numbers, texts and nulls, row by row. */
function cells({ columns, rows }: Table): (number | string | null)[][] {
  return Array.from({ length: rows }, (_, row) =>
    columns.map((column) => {
      const number = column.numberAt(row);
      if (!Number.isNaN(number)) return number;
      const text = column.textAt(row);
      return text < 0 ? null : (column.texts[text] ?? null);
    }),
  );
}

const names = (table: Table): string[] => table.columns.map(({ name }) => name);

describe('tables of text', () => {
  it.each([
    ['commas and LF', 'a,b\n1,x\n-2.5e1,y\n'],
    ['commas and CRLF', 'a,b\r\n1,x\r\n-2.5e1,y\r\n'],
    ['a byte order mark', '\ufeffa,b\n1,x\n-2.5e1,y\n'],
    ['semicolons', 'a;b\n1;x\n-2.5e1;y\n'],
    ['tabs', 'a\tb\n1\tx\n-2.5e1\ty'],
    ['bars', 'a|b\n1|x\n-2.5e1|y\n'],
    ['white space', '  a   b\n 1   x\n-2.5e1  y\n'],
    ['quotes', '"a","b"\n"1","x"\n"-2.5e1","y"\n'],
    ['blanks after commas and empty lines', 'a, b\n\n1, x\n-2.5e1, y\n\n'],
  ])('have %s', async (_, text) => {
    const table = await readTable(await dataFile('t.csv', text));
    expect(names(table)).toEqual(['a', 'b']);
    expect(cells(table)).toEqual([
      [1, 'x'],
      [-25, 'y'],
    ]);
  });

  it('keep delimiters, quotes and line breaks within quotes', async () => {
    const table = await readTable(await dataFile('t.csv', 'a,b\n"x,1","say ""no""\nagain"\ny,z\n'));
    expect(cells(table)).toEqual([
      ['x,1', 'say "no"\nagain'],
      ['y', 'z'],
    ]);
  });

  it('may be packed, or UTF-16 with its mark', async () => {
    const text = 'größe,b\n1,x\n2,y\n';
    const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const bytes of [gzipSync(text), wide]) {
      expect(names(await readTable(await dataFile('t.csv', bytes)))).toEqual(['größe', 'b']);
    }
  });

  it('tell missing values, decimal commas and numbers that are names', async () => {
    const table = await readTable(
      await dataFile('t.csv', 'a;b;zip\n?;1,5;01234\nNA;2,5;00001\nNaN;;99999\n'),
    );
    expect(cells(table)).toEqual([
      [null, 1.5, '01234'],
      [null, 2.5, '00001'],
      [null, null, 99999],
    ]);
  });

  it('may have no line of names', async () => {
    const path = await dataFile('iris.data', '5.1,3.5,setosa\n4.9,3.0,setosa\n');
    expect(names(await readTable(path))).toEqual(['column 1', 'column 2', 'column 3']);
    const years = await dataFile('years.csv', '2019,2020,label\n1,2,x\n');
    expect(names(await readTable(years, { target: 'label' }))).toEqual(['2019', '2020', 'label']);
  });

  it('may begin as those of scikit-learn do', async () => {
    const table = await readTable(await dataFile('w.csv', '2,2,no,yes\n1,2,0\n3,4,1\n'));
    expect(names(table)).toEqual(['column 1', 'column 2', 'target']);
    expect(table.rows).toBe(2);
  });

  it('give columns of one name, or none, names of their own', async () => {
    const table = await readTable(await dataFile('t.csv', 'a,a,\nx,y,z\n'));
    expect(names(table)).toEqual(['a', 'a (2)', 'column 3']);
  });

  it.each([
    ['a line of other length', 'a,b\n1,2\n1,2,3\n', /line 3: expected 2 cells/],
    ['a quote that is not closed', 'a,b\n"1,2\n3,4\n', /line/],
    ['a number beyond float32', 'a,b\n1,2\n1,9e99\n', /line 3, column 'b'.*9e99/],
    ['nothing', '', /it is empty/],
    ['a line of names only', 'a,b\n', /line 1 is its only line/],
    ['bytes that are not text', Uint8Array.of(0x61, 0x2c, 0x62, 0x0a, 0xe9, 0x2c, 0x31), /byte 4/],
  ])('are refused with %s', async (_, contents, message) => {
    const path = await dataFile('t.csv', contents);
    await expect(readTable(path)).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringMatching(message) as string,
    });
    await expect(readTable(path)).rejects.toThrow(path);
  });

  it('are refused where there is no file', async () => {
    await expect(readTable('/nowhere.csv')).rejects.toMatchObject({ code: 'data-missing' });
  });
});

describe('tables of Parquet', () => {
  it('hold numbers, texts, booleans and missing values', async () => {
    const path = await dataFile(
      't.parquet',
      parquet([
        { name: 'n', data: [1.5, null, -2], type: 'DOUBLE' },
        { name: 'big', data: [1n, 2n, 3n], type: 'INT64' },
        { name: 's', data: ['x', 'y', null], type: 'STRING' },
        { name: 'b', data: [true, false, true], type: 'BOOLEAN' },
      ]),
    );
    expect(cells(await readTable(path))).toEqual([
      [1.5, 1, 'x', 'true'],
      [null, 2, 'y', 'false'],
      [-2, 3, null, 'true'],
    ]);
  });
});

describe('tables of arrays', () => {
  const x = Float32Array.of(1, 2, 3, 4, 5, 6);

  it('hold X and y, whatever their numbers and order', async () => {
    const swapped = Float64Array.of(1, 3, 5, 2, 4, 6);
    const wide = new BigInt64Array([0n, 1n, 0n]);
    for (const level of [0, 6] as const) {
      const file = npz(
        { X: npy('<f8', [3, 2], bytesOf(swapped), true), y: npy('<i8', [3], bytesOf(wide)) },
        level,
      );
      const table = await readTable(await dataFile('t.npz', file));
      expect(table).toMatchObject({ target: 'y', isArray: true, sharedUnit: false });
      expect(cells(table)).toEqual([
        [1, 2, 0],
        [3, 4, 1],
        [5, 6, 0],
      ]);
    }
  });

  it('hold texts as labels, and names of features', async () => {
    const texts = (words: readonly string[], length: number): Uint8Array =>
      bytesOf(
        Uint32Array.from(
          words.flatMap((word) => Array.from({ length }, (_, i) => word.codePointAt(i) ?? 0)),
        ),
      );
    const file = npz({
      X: npy('<f4', [3, 2], bytesOf(x)),
      y: npy('<U3', [3], texts(['no', 'yes', 'no'], 3)),
      feature_names: npy('<U1', [2], texts(['a', 'b'], 1)),
    });
    const table = await readTable(await dataFile('t.npz', file));
    expect(names(table)).toEqual(['a', 'b', 'y']);
    expect(cells(table).map((row) => row[2])).toEqual(['no', 'yes', 'no']);
  });

  it('have bytes of one unit, and a test set', async () => {
    const images = npy('|u1', [2, 2, 2], Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    const labels = npy('|u1', [2], Uint8Array.of(0, 1));
    const file = npz({ x_train: images, y_train: labels, x_test: images, y_test: labels });
    const table = await readTable(await dataFile('mnist.npz', file));
    expect(table).toMatchObject({ rows: 4, sharedUnit: true, testStart: 2 });
    expect(names(table).slice(0, 3)).toEqual(['pixel_0_0', 'pixel_0_1', 'pixel_1_0']);
  });

  it('are refused without labels for each row', async () => {
    const file = npz({
      X: npy('<f4', [3, 2], bytesOf(x)),
      y: npy('|u1', [2], Uint8Array.of(0, 1)),
    });
    await expect(readTable(await dataFile('t.npz', file))).rejects.toThrow(/array 'y'.*3 rows/);
    const without = npz({ X: npy('<f4', [3, 2], bytesOf(x)) });
    await expect(readTable(await dataFile('t.npz', without))).rejects.toThrow(/arrays X .* y/);
  });

  it('come as pairs of IDX files, packed or not', async () => {
    const images = idx([2, 1, 2], [1, 2, 3, 4]);
    for (const pack of [(bytes: Uint8Array) => bytes, gzipSync]) {
      const path = await dataFile('train-images-idx3-ubyte', pack(images));
      await writeFile(join(dirname(path), 'train-labels-idx1-ubyte'), pack(idx([2], [7, 9])));
      const table = await readTable(path);
      expect(table).toMatchObject({ sharedUnit: true, target: 'label' });
      expect(cells(table)).toEqual([
        [1, 2, 7],
        [3, 4, 9],
      ]);
    }
    const alone = await dataFile('images', images);
    await expect(readTable(alone)).rejects.toThrow(/--target/);
    const short = await dataFile('labels', idx([3], [1, 2]));
    await expect(readTable(alone, { target: short })).rejects.toThrow(short);
  });
});
