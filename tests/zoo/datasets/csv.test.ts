import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/zoo/datasets/csv.js';

const file = { path: 'uci/pets.csv', source: 'the pet shop' };
const layout = { features: 2, classes: 2 };

describe('parseCsv', () => {
  it('reads features, labels and class names', () => {
    const table = parseCsv('3,2,cat,dog\n1,2.5,0\n-3e-1,4,1\r\n5,6,0\n', file, layout);
    expect([...table.features]).toEqual([1, 2.5, Math.fround(-0.3), 4, 5, 6]);
    expect([...table.labels]).toEqual([0, 1, 0]);
    expect(table.classNames).toEqual(['cat', 'dog']);
  });

  it('reads a file without a header whose rows are known', () => {
    expect([...parseCsv('1,2,1\n3,4,0', file, { ...layout, rows: 2 }).labels]).toEqual([1, 0]);
  });

  it.each([
    ['an empty file', '', /expected a first line 'rows,2,' with 2 class names, got ''/],
    ['another feature count', '1,3,cat,dog\n1,2,3,0', /expected a first line/],
    ['too few classes', '1,2,cat\n1,2,0', /expected a first line/],
    ['a truncated file', '3,2,cat,dog\n1,2,0\n', /expected 3 rows of data, got 1/],
    ['a missing column', '1,2,cat,dog\n1,0', /line 2: .*3 columns in all, got 2/],
    ['an extra column', '2,2,cat,dog\n1,2,0\n1,2,3,0', /line 3: .*got 4/],
    ['a word for a number', '1,2,cat,dog\n1,x,0', /line 2, column 2: expected a number, got 'x'/],
    ['an empty cell', '1,2,cat,dog\n1,,0', /line 2, column 2: expected a number, got ''/],
    ['an infinite number', '1,2,cat,dog\n1,Infinity,0', /column 2: expected a number/],
    ['a label out of range', '1,2,cat,dog\n1,2,2', /line 2: .* from 0 to 1, got 2/],
    ['a fractional label', '1,2,cat,dog\n1,2,0.5', /got 0.5/],
  ])('refuses %s and says where and what to do', (_, text, message) => {
    const parse = (): unknown => parseCsv(text, file, layout);
    expect(parse).toThrow(message);
    expect(parse).toThrow(/data file 'uci\/pets.csv': .*; get it again from the pet shop/);
    expect(parse).toThrow(expect.objectContaining({ code: 'data-corrupt' }));
  });
});
