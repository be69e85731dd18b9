import { describe, expect, it } from 'vitest';
import { labelledTable, readLabelledRows, type KnownNames } from '../../src/data/labelled-table.js';
import { tableOfText } from '../../src/data/table/read-delimited.js';
import { tableOfJson } from '../../src/data/table/read-json.js';
import { bytesOf, dataFile, idx, npy, npz, parquet } from './data-files.js';

const KNOWN: KnownNames = { featureNames: ['age', 'height'], classNames: ['no', 'yes'] };

/** A flow over a data set of the user's. */
const ENCODED: KnownNames = {
  featureNames: ['age', 'age is missing', 'city=Rome', 'city=Oslo', 'member'],
  classNames: ['stays', 'leaves'],
  data: {
    name: 'churn',
    target: 'churned',
    columns: [
      { kind: 'number', name: 'age', whenMissing: 40, indicator: true },
      { kind: 'category', name: 'city', categories: ['Rome', 'Oslo'] },
      { kind: 'boolean', name: 'member', true: 'yes' },
    ],
    leftOut: [],
    sharedUnit: false,
    testRows: null,
  },
};

const text = async (contents: string, known = KNOWN, target?: string) =>
  labelledTable(await tableOfText('rows', [contents], { target }), known, target);

const json = (value: unknown, known = KNOWN, target?: string) =>
  labelledTable(tableOfJson('rows', value), known, target);

describe('labelled rows', () => {
  const expected = { features: Float32Array.of(30, 1.8, 25, 1.6), labels: Uint8Array.of(1, 0) };

  it('come from every kind of file, in the order of the features', async () => {
    const doubles = npy('<f8', [2, 2], bytesOf(Float64Array.of(30, 1.8, 25, 1.6)));
    const files: readonly (readonly [string, string | Uint8Array])[] = [
      ['rows.csv', 'height,class,age\n1.8,yes,30\n1.6,no,25\n'],
      ['rows.tsv', 'height\tclass\tage\n1.8\tyes\t30\n1.6\tno\t25\n'],
      ['rows.json', '[{"age":30,"class":"yes","height":1.8},{"age":25,"class":"no","height":1.6}]'],
      ['arrays.json', '{"X": [[30, 1.8], [25, 1.6]], "y": ["yes", "no"]}'],
      ['rows.npz', npz({ X: doubles, y: npy('|u1', [2], Uint8Array.of(1, 0)) })],
      [
        'rows.parquet',
        parquet([
          { name: 'age', data: [30, 25], type: 'DOUBLE' },
          { name: 'height', data: [1.8, 1.6], type: 'DOUBLE' },
          { name: 'class', data: ['yes', 'no'], type: 'STRING' },
        ]),
      ],
    ];
    for (const [name, contents] of files) {
      const rows = await readLabelledRows(await dataFile(name, contents), KNOWN);
      expect({ features: rows.features, labels: rows.labels }, name).toEqual(expected);
    }
  });

  it('come from IDX images, whose pixels are in order', async () => {
    const images = await dataFile('images-idx3-ubyte', idx([2, 1, 2], [1, 2, 3, 4]));
    const target = await dataFile('labels-idx1-ubyte', idx([2], [1, 0]));
    const rows = await readLabelledRows(images, KNOWN, { target });
    expect(rows.features).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(rows.labels).toEqual(Uint8Array.of(1, 0));
  });

  it('are the same for the same rows, and leave a test set out', async () => {
    const X = npy('<f4', [2, 2], bytesOf(Float32Array.of(30, 1.8, 25, 1.6)));
    const y = npy('|u1', [2], Uint8Array.of(1, 0));
    const arrays = { X: X, y: y };
    const alone = await readLabelledRows(await dataFile('a.npz', npz(arrays)), KNOWN);
    const both = npz({ ...arrays, X_test: X, y_test: y });
    const rows = await readLabelledRows(await dataFile('b.npz', both), KNOWN);
    expect(rows).toEqual(alone);
    expect(rows.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('are encoded as the data set of the flow was', async () => {
    const rows = await text(
      'churned,age,city,member,note\nleaves,30,Oslo,yes,a\nstays,,Paris,no,b\n',
      ENCODED,
    );
    expect([...rows.features]).toEqual([30, 0, 0, 1, 1, 40, 1, 0, 0, 0]);
    expect([...rows.labels]).toEqual([1, 0]);
  });

  it('have their labels in no column of features, whatever it is called', async () => {
    const known = { ...KNOWN, featureNames: ['x', 'y'] };
    const rows = await text('x,y,label\n1,2,no\n3,4,yes\n', known);
    expect([...rows.features, ...rows.labels]).toEqual([1, 2, 3, 4, 0, 1]);
  });

  it('name classes, or number those that are words', async () => {
    expect([...(await text('age,height,class\n1,2,1\n1,2,yes\n')).labels]).toEqual([1, 1]);
    const numbers = { ...KNOWN, classNames: ['1', '2'] };
    expect([...(await text('age,height,class\n1,2,1\n1,2,2\n', numbers)).labels]).toEqual([0, 1]);
    await expect(text('age,height,class\n1,2,1\n1,2,0\n', numbers)).rejects.toThrow(
      "row 2, column 'class': expected one of the classes 1, 2, got '0'",
    );
  });
});

describe('bad rows are refused by row and column', () => {
  it.each([
    [
      'a word for a number',
      'age,height,class\n1,2,no\nx,2,no\n',
      "row 2, column 'age': expected a number, got 'x'",
    ],
    [
      'nothing for a number',
      'age,height,class\n1,,no\n1,2,no\n',
      "row 1, column 'height': expected a number, got nothing",
    ],
    [
      'an unknown class',
      'age,height,class\n1,2,maybe\n1,2,no\n',
      "row 1, column 'class': expected one of the classes no, yes, got 'maybe'",
    ],
    [
      'no class',
      'age,height,class\n1,2,no\n1,2,\n',
      "row 2, column 'class': expected one of the classes no, yes, got nothing",
    ],
    [
      'a column too few',
      'age,class\n1,no\n2,no\n',
      "expected a column 'height', as the networks of the flow read it, but its columns are age, class",
    ],
    [
      'no column of labels',
      'age,height\n1,2\n1,2\n',
      'say which column holds the labels: one of age, height',
    ],
    ['cells too many', 'age,height,class\n1,2,no\n1,2,no,4\n', 'line 3: expected 3 cells'],
    [
      'a number beyond float32',
      'age,height,class\n1,2,no\n1e39,2,no\n',
      "line 3, column 'age': expected a number that float32 can hold",
    ],
    ['no rows', 'age,height,class\n', 'line 1 is its only line'],
  ])('%s', async (_, contents, message) => {
    await expect(text(contents)).rejects.toThrow(`'rows': ${message}`);
  });

  it('a target that there is not', async () => {
    await expect(text('age,height,class\n1,2,no\n1,2,no\n', KNOWN, 'label')).rejects.toThrow(
      "expected a column 'label' of labels",
    );
  });

  it('nothing where the data set always had a value', async () => {
    await expect(
      text('churned,age,city,member\nstays,1,Rome,\nstays,1,Rome,no\n', ENCODED),
    ).rejects.toThrow("row 1, column 'member': expected a value, got nothing");
  });

  it.each([
    ['no rows', [], 'row 1: expected an object'],
    ['neither form', { rows: [] }, 'expected a list of objects, a column each, or'],
    ['a row that is none', [{ age: 1, height: 2, class: 'no' }, 3], 'row 2: expected an object'],
    [
      'a column more',
      [{ age: 1, height: 2, class: 'no' }, { x: 1 }],
      "row 2: column 'x' is not in row 1",
    ],
    [
      'a column less',
      [
        { age: 1, height: 2, class: 'no' },
        { age: 1, class: 'no' },
      ],
      "row 2, column 'height': expected a number, got nothing",
    ],
    [
      'a cell that is a list',
      [{ age: [1], height: 2, class: 'no' }],
      "row 1, column 'age': expected a number, a text or null",
    ],
    [
      'lists of several lengths',
      { X: [[1, 2], [1]], y: ['no', 'no'] },
      'row 2: expected a list of 2, got 1',
    ],
    [
      'lists of another width',
      { X: [[1, 2, 3]], y: ['no'] },
      'expected rows of 2 features, as the networks of the flow read, got 3',
    ],
    [
      'a label too few',
      {
        X: [
          [1, 2],
          [1, 2],
        ],
        y: ['no'],
      },
      'expected a label for each row, got 2 rows and 1 labels',
    ],
    [
      'a number beyond float32',
      { X: [[1e39, 2]], y: ['no'] },
      "row 1, column 'feature 1': expected a number that float32 can hold",
    ],
  ])('of JSON: %s', (_, value, message) => {
    expect(() => json(value)).toThrow(`'rows': ${message}`);
  });

  it('a file of JSON that is none', async () => {
    const path = await dataFile('rows.json', '[{"age": 1,');
    await expect(readLabelledRows(path, KNOWN)).rejects.toThrow('the text is not JSON');
  });

  it('more rows than memory is planned for', async () => {
    await expect(
      text('age,height,class\n1,2,no\n1,2,no\n', { ...KNOWN, mostNumbers: 3 }),
    ).rejects.toThrow('expected at most 1 rows of 2 features, got 2');
  });
});
