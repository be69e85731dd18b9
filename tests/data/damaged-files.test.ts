import { describe, expect, it } from 'vitest';
import { WeightspringError } from '../../src/errors.js';
import { loadFile } from '../../src/data/load-file.js';
import { Random } from '../../src/random.js';
import { readParquet } from '../../src/data/table/read-parquet.js';
import { bytesOf, csv, dataFile, npy, npz, parquet } from './data-files.js';
import { ParquetDecoder } from './parquet-decoder.js';
import { writeFile } from 'node:fs/promises';

/** Of each kind. */
const FILES = 320;
/** Those that need the bounds of a thread are also read with one, which takes longest. */
const PARQUET_FILES = 250;
const ENDLESS_MS = 300;
/** How messages say where in a file something is wrong, or that it is the whole. */
const PLACE =
  /line \d|near byte \d|column 'label'|'[Xy]'|arrays X of|zip file|its directory|it holds/;

const random = new Random(5, 'damaged files');
const rows = Array.from({ length: 60 }, (_, row) => ({
  size: Math.round(1000 * random.normal()) / 100,
  colour: ['red', 'green', 'blue'][row % 3] as string,
  label: row % 2 === 0 ? 'yes' : 'no',
}));
const sizes = rows.map(({ size }) => size);
const x = Float32Array.from(rows.flatMap(({ size }, row) => [size, row % 7]));
const y = Float64Array.from(rows, (_, row) => row % 2);

const SEEDS: Readonly<Record<string, { name: string; bytes: Uint8Array; target: string }>> = {
  csv: {
    name: 'rows.csv',
    bytes: new TextEncoder().encode(
      csv([
        ['size', 'colour', 'label'],
        ...rows.map(({ size, colour, label }) => [size, `"${colour}"`, label]),
      ]),
    ),
    target: 'label',
  },
  npz: {
    name: 'rows.npz',
    bytes: npz({ X: npy('<f4', [60, 2], bytesOf(x)), y: npy('<f8', [60], bytesOf(y)) }),
    target: 'y',
  },
  'packed npz': {
    name: 'rows.npz',
    bytes: npz({ X: npy('<f4', [60, 2], bytesOf(x)), y: npy('<f8', [60], bytesOf(y)) }, 6),
    target: 'y',
  },
};

const PARQUET = parquet([
  { name: 'size', data: sizes, type: 'DOUBLE' },
  { name: 'colour', data: rows.map(({ colour }) => colour), type: 'STRING' },
  { name: 'label', data: rows.map(({ label }) => label), type: 'STRING' },
]);

/** Changes, deletes, repeats or cuts off some bytes. */
function mutate(bytes: Uint8Array, draw: Random): Uint8Array {
  let changed = Array.from(bytes);
  for (let times = 1 + draw.integer(4); times > 0; times--) {
    const place = draw.integer(changed.length);
    switch (draw.integer(5)) {
      case 0:
        changed[place] = draw.integer(256);
        break;
      case 1:
        changed[place] = [0, 0xff, 0x7f, 0x80, 0x22, 0x2c, 0x0a][draw.integer(7)] as number;
        break;
      case 2:
        changed.splice(place, 1 + draw.integer(8));
        break;
      case 3:
        changed.splice(place, 0, ...changed.slice(place, place + draw.integer(16)));
        break;
      default:
        changed = changed.slice(0, draw.integer(4) === 0 ? place : changed.length);
    }
    if (changed.length === 0) changed = [draw.integer(256)];
  }
  return Uint8Array.from(changed);
}

describe('damaged files of data', () => {
  it.each(Object.entries(SEEDS))(
    'are read or refused by name and place: %s',
    async (kind, { name, bytes, target }) => {
      const draw = new Random(1, 'mutations', kind);
      const path = await dataFile(name, bytes);
      expect((await loadFile({ data: path, target })).labels.length).toBe(60);
      let refused = 0;
      for (let file = 0; file < FILES; file++) {
        await writeFile(path, mutate(bytes, draw));
        try {
          const { features } = await loadFile({ data: path, target });
          expect(features.every(Number.isFinite)).toBe(true);
        } catch (error) {
          if (!(error instanceof WeightspringError)) throw error;
          expect(['data-corrupt', 'invalid-argument']).toContain(error.code);
          expect(error.message).toContain(path);
          expect(error.message.replace(path, '')).toMatch(PLACE);
          refused++;
        }
      }
      // Else the mutations would test nothing.
      expect(refused).toBeGreaterThan(FILES / 20);
    },
  );

  it('are read or refused by name and place: parquet', async () => {
    const draw = new Random(1, 'mutations', 'parquet');
    const path = await dataFile('rows.parquet', PARQUET);
    const decoder = new ParquetDecoder();
    expect(await decoder.decode(path, PARQUET, 10_000)).toEqual({ kind: 'read' });
    const endless: Uint8Array[] = [];
    let refused = 0;
    for (let file = 0; file < PARQUET_FILES; file++) {
      const bytes = mutate(PARQUET, draw);
      const decoded = await decoder.decode(path, bytes, ENDLESS_MS);
      if (decoded.kind === 'crashed') throw new Error(`file ${file}: ${decoded.message}`);
      if (decoded.kind === 'endless') endless.push(bytes);
      if (decoded.kind !== 'refused') continue;
      expect(decoded.code).toBe('data-corrupt');
      expect(decoded.message).toContain(path);
      expect(decoded.message).toMatch(/its footer|its schema|column '/);
      refused++;
    }
    await decoder.close();
    expect(refused).toBeGreaterThan(PARQUET_FILES / 20);
    // Also with the thread of the product.
    for (const bytes of [PARQUET.slice(0, 40), ...endless]) {
      await writeFile(path, bytes);
      await expect(readParquet(path, bytes.length, { limitMs: ENDLESS_MS })).rejects.toMatchObject({
        code: 'data-corrupt',
        message: expect.stringContaining(path) as string,
      });
    }
  }, 120_000);
});
