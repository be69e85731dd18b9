import { describe, expect, it } from 'vitest';
import { formatMarkdownTable, formatTable, type Table } from '../../src/files/table.js';

const table: Table = {
  columns: [
    { header: 'network' },
    { header: 'accuracy', format: (value) => value.toFixed(3) },
    { header: 'runs' },
  ],
  rows: [
    ['30-16-16-2', 0.9719, 60],
    ['30-14-2', null, 7],
  ],
};

describe('formatTable', () => {
  it('aligns text to the left and numbers to the right', () => {
    expect(formatTable(table).split('\n')).toEqual([
      'network     accuracy  runs',
      '----------  --------  ----',
      '30-16-16-2     0.972    60',
      '30-14-2            –     7',
    ]);
  });

  it('treats a column that mixes text and numbers as text', () => {
    const mixed = formatTable({ columns: [{ header: 'value' }], rows: [['none'], [1]] });
    expect(mixed).toBe('value\n-----\nnone\n1');
  });

  it('writes fractions with four decimals by default', () => {
    const [, , row] = formatTable({ columns: [{ header: 'a' }], rows: [[1 / 3]] }).split('\n');
    expect(row).toBe('0.3333');
  });

  it('keeps header and rule without rows', () => {
    expect(formatTable({ columns: [{ header: 'a' }], rows: [] })).toBe('a\n-');
  });
});

describe('formatMarkdownTable', () => {
  it('marks the columns of numbers', () => {
    expect(formatMarkdownTable(table).split('\n')).toEqual([
      '| network    | accuracy | runs |',
      '| ---------- | -------: | ---: |',
      '| 30-16-16-2 |    0.972 |   60 |',
      '| 30-14-2    |        – |    7 |',
    ]);
  });

  it('keeps a cell in its column whatever it contains', () => {
    const text = formatMarkdownTable({ columns: [{ header: 'a|b' }], rows: [['c\nd | e']] });
    expect(text.split('\n').map((line) => line.replace(/\\\|/g, '').split('|').length)).toEqual([
      3, 3, 3,
    ]);
  });
});
