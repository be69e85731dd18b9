import { describe, expect, it } from 'vitest';
import { descriptorSchema } from '../../src/data/descriptor.js';
import { loadFile } from '../../src/data/load-file.js';
import type { Dataset } from '../../src/data/dataset.js';
import { csv, dataFile } from './data-files.js';

const ROWS = 60;

type Row = Readonly<Record<string, string | number>>;

/** A CSV file of {@link ROWS} rows or so. */
function tableFile(
  row: (index: number) => Row,
  rows = ROWS,
  name = 'My Table.csv',
): Promise<string> {
  const all = Array.from({ length: rows }, (_, index) => row(index));
  const columns = Object.keys(all[0] ?? {});
  return dataFile(name, csv([columns, ...all.map((own) => columns.map((column) => own[column]!))]));
}

const label = (index: number): string => (index % 2 === 0 ? 'no' : 'yes');

/** The features of a row by name. */
function featuresOf({ features, featureNames }: Dataset, row: number): Record<string, number> {
  const width = featureNames.length;
  return Object.fromEntries(featureNames.map((name, i) => [name, features[row * width + i]!]));
}

describe('loadFile', () => {
  it('finds numbers, booleans, categories and missing values', async () => {
    const path = await tableFile((i) => ({
      age: i % 6 === 0 ? '' : i,
      member: i % 3 === 0 ? 'Yes' : 'No',
      colour: ['red', 'green', 'blue'][i % 3]!,
      sex: i % 2 === 0 ? 'f' : 'm',
      plan: i % 10 === 0 ? 'NA' : ['a', 'b', 'c'][i % 3]!,
      label: label(i),
    }));
    const told: string[] = [];
    const data = await loadFile(
      { data: path, target: 'label' },
      { tell: (line) => told.push(line) },
    );
    expect(data).toMatchObject({
      task: 'my-table',
      isBuiltIn: false,
      sharedUnit: false,
      testStart: null,
      classNames: ['no', 'yes'],
    });
    expect(descriptorSchema.parse(data.descriptor)).toEqual(data.descriptor);
    const ages = Array.from({ length: ROWS }, (_, i) => i).filter((i) => i % 6 !== 0);
    const median = (ages[24]! + ages[25]!) / 2;
    expect(featuresOf(data, 0)).toEqual({
      age: median,
      'age is missing': 1,
      member: 1,
      'colour=blue': 0,
      'colour=green': 0,
      'colour=red': 1,
      'sex=m': 0,
      'plan=a': 0,
      'plan=b': 0,
      'plan=c': 0,
      'plan is missing': 1,
    });
    expect(featuresOf(data, 1)).toMatchObject({
      age: 1,
      'age is missing': 0,
      member: 0,
      'colour=green': 1,
      'sex=m': 1,
      'plan=b': 1,
    });
    expect(Array.from(data.labels.subarray(0, 3))).toEqual([0, 1, 0]);
    expect(told.some((line) => line.includes("'age': the median in 10 rows"))).toBe(true);
  });

  it('leaves out what no feature can be made of, with a line each', async () => {
    const path = await tableFile((i) => ({
      customer_id: 5000 + i,
      when: `2024-01-${String(1 + (i % 28)).padStart(2, '0')}`,
      clock: `${i % 24}:30`,
      comment: `a comment of its own with number ${i}`,
      nothing: '',
      constant: 7,
      word: 'same',
      kept: i % 5,
      label: label(i),
    }));
    const told: string[] = [];
    const data = await loadFile(
      { data: path, target: 'label' },
      { tell: (line) => told.push(line) },
    );
    expect(data.featureNames).toEqual(['kept']);
    const leftOut = ['customer_id', 'when', 'clock', 'comment', 'nothing', 'constant', 'word'];
    expect(data.descriptor.leftOut.map(({ name }) => name)).toEqual(leftOut);
    for (const name of leftOut) {
      expect(told.filter((line) => line.startsWith(`column '${name}' is left out`)).length).toBe(1);
    }
  });

  it('keeps the commonest of many categories', async () => {
    const path = await tableFile(
      (i) => ({ city: `city ${i % 40}`, x: i % 7, label: label(i) }),
      4000,
    );
    const { descriptor } = await loadFile({ data: path, target: 'label' });
    expect(descriptor.columns[0]).toMatchObject({ kind: 'category' });
    expect(descriptor.columns[0]).toHaveProperty('categories.length', 32);
  });

  it('takes a few words among numbers for missing values', async () => {
    const path = await tableFile((i) => ({ x: i === 3 ? 'unknown!' : i % 7, label: label(i) }));
    const { descriptor } = await loadFile({ data: path, target: 'label' });
    expect(descriptor.columns).toEqual([{ kind: 'number', name: 'x', whenMissing: 3 }]);
  });

  it('orders numbers among the classes by size', async () => {
    const path = await tableFile((i) => ({ x: i % 7, y: [10, 9, 2][i % 3]! }));
    expect((await loadFile({ data: path, target: 'y' })).classNames).toEqual(['2', '9', '10']);
  });

  it('leaves out rows without a label', async () => {
    const path = await tableFile((i) => ({ x: i % 7, y: i < 6 ? '' : label(i) }));
    const told: string[] = [];
    const data = await loadFile({ data: path, target: 'y' }, { tell: (line) => told.push(line) });
    expect(data.labels.length).toBe(ROWS - 6);
    expect(told.join()).toContain('6 rows without a label');
  });

  it.each<[string, (i: number) => Row, string | undefined, RegExp]>([
    ['no target', (i) => ({ x: i % 7, y: label(i) }), undefined, /--target: one of x, y/],
    ['an unknown target', (i) => ({ x: i % 7, y: label(i) }), 'z', /column 'z'.*x, y/],
    ['a quantity', (i) => ({ x: i % 7, y: i / 8 }), 'y', /'y' holds 60 .* quantity/],
    ['one class', (i) => ({ x: i % 7, y: 'yes' }), 'y', /'y' is 'yes' in all rows/],
    ['no labels', (i) => ({ x: i % 7, y: '' }), 'y', /'y' of labels has no values/],
    ['no feature', (i) => ({ x: 3, y: label(i) }), 'y', /none of its columns besides 'y'/],
  ])('refuses %s', async (_, row, target, message) => {
    const path = await tableFile(row);
    const loading = loadFile({ data: path, target });
    await expect(loading).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toThrow(path);
  });

  it('refuses more classes than bytes have values', async () => {
    const path = await tableFile((i) => ({ x: i % 7, y: `class ${i}` }), 300);
    await expect(loadFile({ data: path, target: 'y' })).rejects.toThrow(/300 different/);
  });

  describe('with rows of a test file', () => {
    const row = (i: number): Row => ({ x: i % 7, colour: ['r', 'g', 'b'][i % 3]!, y: label(i) });

    it('puts them last, encoded as the others', async () => {
      const data = await tableFile(row);
      const test = await tableFile(
        (i) => (i === 0 ? { x: '', colour: 'new', y: 'no' } : row(i)),
        10,
        'test.csv',
      );
      const set = await loadFile({ data, target: 'y', test });
      expect(set).toMatchObject({ testStart: ROWS, descriptor: { testRows: 10 } });
      expect(featuresOf(set, ROWS)).toEqual({ x: 0, 'colour=b': 0, 'colour=g': 0, 'colour=r': 0 });
      expect(featuresOf(set, ROWS + 1)).toEqual(featuresOf(set, 1));
    });

    it('refuses a class or lacks of a column that the data do not', async () => {
      const data = await tableFile(row);
      const other = await tableFile((i) => ({ ...row(i), y: 'maybe' }), 3, 'test.csv');
      await expect(loadFile({ data, target: 'y', test: other })).rejects.toThrow(
        `'${other}': row 1: 'maybe' in 'y' is none of the classes no, yes`,
      );
      const narrow = await tableFile((i) => ({ x: i, y: label(i) }), 3, 'test.csv');
      await expect(loadFile({ data, target: 'y', test: narrow })).rejects.toThrow(/'colour'/);
    });
  });

  it('encodes other rows as those of a known data set', async () => {
    const row = (i: number): Row => ({
      x: i % 6 === 0 ? '' : i,
      c: ['r', 'g', 'b'][i % 3]!,
      y: label(i),
    });
    const first = await loadFile({ data: await tableFile(row), target: 'y' });
    const known = { descriptor: first.descriptor, classNames: first.classNames };
    const again = await loadFile({ data: await tableFile(row, ROWS, 'moved.csv') }, { known });
    expect(again.sha256).toBe(first.sha256);
    expect(again.task).toBe(first.task);
    const few = await loadFile({ data: await tableFile(row, 2) }, { known });
    expect(featuresOf(few, 0)).toEqual(featuresOf(first, 0));
  });
});
