import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolveDataDir } from '../../src/data/data-files.js';
import { loadDataset } from '../../src/data/load-dataset.js';
import { missingData, needs } from '../support/needs.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'weightspring-data-'));
  await mkdir(join(dataDir, 'uci'));
  await mkdir(join(dataDir, 'mnist'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dataDir, { recursive: true });
});

const unpacked = (contents: Buffer): Buffer => contents;

/** An IDX file of the values 0, 1, …, 9, 0, … */
function idxFile(shape: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x800 + shape.length, 0);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  const values = Buffer.alloc(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length; i++) values[i] = i % 10;
  return Buffer.concat([header, values]);
}

describe('resolveDataDir', () => {
  it('prefers the option to the environment and that to ./data', () => {
    vi.stubEnv('WEIGHTSPRING_DATA', '/from/environment');
    expect(resolveDataDir({ dataDir: '/from/option' })).toBe('/from/option');
    expect(resolveDataDir()).toBe('/from/environment');
    vi.stubEnv('WEIGHTSPRING_DATA', '');
    expect(resolveDataDir()).toBe(resolve('data'));
  });
});

describe('loadDataset', () => {
  it('says which file is missing, where it was looked for, and where to get it', async () => {
    await expect(loadDataset('wdbc', { dataDir })).rejects.toMatchObject({ code: 'data-missing' });
    const message = await loadDataset('mnist', { dataDir }).catch(String);
    expect(message).toContain(join(dataDir, 'mnist/train-images-idx3-ubyte.gz'));
    expect(message).toContain('https://');
    expect(message).toContain('WEIGHTSPRING_DATA');
  });

  it('refuses truncated gzip files', async () => {
    const whole = gzipSync(Buffer.alloc(10_000, 'some text'));
    await writeFile(join(dataDir, 'uci/digits.csv.gz'), whole.subarray(0, whole.length - 9));
    await writeFile(join(dataDir, 'mnist/train-images-idx3-ubyte.gz'), 'no images at all');
    await writeFile(join(dataDir, 'mnist/train-labels-idx1-ubyte.gz'), 'no labels at all');
    for (const task of ['digits', 'mnist'] as const) {
      await expect(loadDataset(task, { dataDir })).rejects.toMatchObject({ code: 'data-corrupt' });
    }
    await expect(loadDataset('digits', { dataDir })).rejects.toThrow(/not a complete gzip file/);
  });

  it.each([
    ['as published', '-idx', '.gz', gzipSync],
    ['unpacked', '-idx', '', unpacked],
    ['unpacked, with a dot in their names', '.idx', '', unpacked],
    ['unpacked under their names of before', '-idx', '.gz', unpacked],
    ['packed under names of unpacked ones', '-idx', '', gzipSync],
  ] as const)('reads images %s', async (_, separator, extension, pack) => {
    for (const [prefix, rows] of [
      ['train', 60_000],
      ['t10k', 10_000],
    ] as const) {
      const write = (kind: string, shape: readonly number[]): Promise<void> => {
        const name = `${prefix}-${kind}${separator}${shape.length}-ubyte${extension}`;
        return writeFile(join(dataDir, 'mnist', name), pack(idxFile(shape)));
      };
      await write('images', [rows, 28, 28]);
      await write('labels', [rows]);
    }
    const { labels, features } = await loadDataset('mnist', { dataDir });
    expect([...labels.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    expect([...features.subarray(0, 3)]).toEqual([0, 1, 2]);
  });

  it('names the file that it found, and all names that it looked for', async () => {
    const whole = join(dataDir, 'mnist/train-images.idx3-ubyte');
    const message = await loadDataset('mnist', { dataDir }).catch(String);
    expect(message).toContain('mnist/train-images-idx3-ubyte or mnist/train-images.idx3-ubyte.gz');
    await writeFile(whole, 'x');
    await writeFile(join(dataDir, 'mnist/train-labels-idx1-ubyte'), 'x');
    await expect(loadDataset('mnist', { dataDir })).rejects.toThrow(
      /'mnist\/train-images\.idx3-ubyte': expected an IDX header/,
    );
  });

  it('reads tables packed or unpacked', async () => {
    const row = '5.1,3.5,1.4,0.2,0\n';
    const text = `150,4,setosa,versicolor,virginica\n${row.repeat(150)}`;
    await writeFile(join(dataDir, 'uci/iris.csv.gz'), gzipSync(text));
    await writeFile(join(dataDir, 'uci/digits.csv'), `${'3,'.repeat(64)}7\n`.repeat(1797));
    expect((await loadDataset('iris', { dataDir })).labels.length).toBe(150);
    expect((await loadDataset('digits', { dataDir })).labels[0]).toBe(7);
  });

  it('refuses a folder in the place of a file, and a file in the place of the folder', async () => {
    await mkdir(join(dataDir, 'uci/iris.csv'));
    await expect(loadDataset('iris', { dataDir })).rejects.toThrow(/iris.csv', but it is a folder/);
    await writeFile(join(dataDir, 'file'), '');
    await expect(loadDataset('iris', { dataDir: join(dataDir, 'file') })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('refuses another number of rows and other classes', async () => {
    const row = '5.1,3.5,1.4,0.2,0\n';
    const write = (text: string): Promise<void> => writeFile(join(dataDir, 'uci/iris.csv'), text);
    await write(`2,4,setosa,versicolor,virginica\n${row}${row}`);
    await expect(loadDataset('iris', { dataDir })).rejects.toThrow(/expected 150 rows, got 2/);
    await write(`150,4,rose,tulip,daisy\n${row.repeat(150)}`);
    await expect(loadDataset('iris', { dataDir })).rejects.toThrow(/got rose, tulip, daisy/);
  });

  it('generates spirals that no line separates, the same each time', async () => {
    const first = await loadDataset('spirals');
    expect((await loadDataset('spirals')).sha256).toBe(first.sha256);
    expect(first.features.length).toBe(2 * first.labels.length);
    expect(first.labels.filter((label) => label === 1).length).toBe(first.labels.length / 2);
    const accuracy = (angle: number): number => {
      const right = first.labels.filter((label, row) => {
        const side =
          first.features[2 * row]! * Math.cos(angle) +
          first.features[2 * row + 1]! * Math.sin(angle);
        return (side > 0 ? 1 : 0) === label;
      }).length;
      return right / first.labels.length;
    };
    const best = Math.max(...Array.from({ length: 90 }, (_, k) => accuracy((k * Math.PI) / 45)));
    expect(best).toBeLessThan(0.8);
  });
});

describe('the published tables', needs(missingData('uci/wdbc.csv')), () => {
  it.each([
    ['wdbc', 569, 30, [212, 357], 'mean radius', 'worst fractal dimension'],
    ['iris', 150, 4, [50, 50, 50], 'sepal length (cm)', 'petal width (cm)'],
    ['wine', 178, 13, [59, 71, 48], 'alcohol', 'proline'],
    [
      'digits',
      1797,
      64,
      [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
      'pixel_0_0',
      'pixel_7_7',
    ],
  ] as const)(
    '%s has its published size and classes',
    async (task, rows, width, classes, first, last) => {
      const dataset = await loadDataset(task);
      expect(dataset.labels.length).toBe(rows);
      expect(dataset.features.length).toBe(rows * width);
      expect(dataset.featureNames.length).toBe(width);
      expect([dataset.featureNames[0], dataset.featureNames.at(-1)]).toEqual([first, last]);
      expect(new Set(dataset.featureNames).size).toBe(width);
      const counts = dataset.classNames.map((_, c) => dataset.labels.filter((l) => l === c).length);
      expect(counts).toEqual(classes);
    },
  );
});

describe('the published images', needs(missingData('mnist/train-images-idx3-ubyte.gz')), () => {
  it('MNIST has its own test set and pixels from 0 to 255', async () => {
    const mnist = await loadDataset('mnist');
    expect(mnist.labels.length).toBe(70_000);
    expect(mnist.testStart).toBe(60_000);
    expect([...mnist.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect([...mnist.labels.subarray(60_000, 60_005)]).toEqual([7, 2, 1, 0, 4]);
    const first = mnist.features.subarray(0, 784);
    expect(Math.max(...first)).toBe(255);
    // The published mean and standard deviation of the training pixels, .1307 and .3081 of 255.
    let sum = 0;
    for (let i = 0; i < 60_000 * 784; i++) sum += mnist.features[i]!;
    expect(sum / (60_000 * 784) / 255).toBeCloseTo(0.1307, 3);
  });
});
