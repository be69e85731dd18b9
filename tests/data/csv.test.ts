import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../src/data/csv.js';

const file = { path: 'uci/pets.csv', source: 'the pet shop' };
const layout = { features: 2, classes: 2 };

describe('parseCsv', () => {
  it('reads features, labels and class names', () => {
    const table = parseCsv('3,2,cat,dog\n1,2.5,0\n-3e-1,4,1\r\n5,6,0\n', file, layout);
    expect([...table.features]).toEqual([1, 2.5, Math.fround(-0.3), 4, 5, 6]);
    expect([...table.labels]).toEqual([0, 1, 0]);
    expect(table.classNames).toEqual(['cat', 'dog']);
  });

  it('reads numbers in every decimal form, to the ends of float32', () => {
    const cells = [
      '3.4028234e38',
      '-3.4028234e38',
      '1.5e-45',
      '+2',
      '.5',
      '5.',
      '1E+2',
      ' 7\t',
      '-0',
    ];
    const rows = cells.map((cell) => `${cell},0,0`).join('\n');
    const { features } = parseCsv(`${cells.length},2,cat,dog\n${rows}\n`, file, layout);
    expect([...features.filter((_, i) => i % 2 === 0)]).toEqual(
      cells.map((cell) => Math.fround(Number(cell))),
    );
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
    [
      'a word for a number',
      '1,2,cat,dog\n1,x,0',
      /line 2, column 2: expected a decimal number, got 'x'/,
    ],
    ['an empty cell', '1,2,cat,dog\n1,,0', /line 2, column 2: expected a decimal number, got ''/],
    ['an infinite number', '1,2,cat,dog\n1,Infinity,0', /column 2: expected a decimal number/],
    ['a blank cell', '1,2,cat,dog\n1, ,0', /line 2, column 2: expected a decimal number/],
    ['a number beyond float32', '1,2,cat,dog\n1e39,2,0', /line 2, column 1: .*3.4e38.*'1e39'/],
    ['one beyond it below', '1,2,cat,dog\n1,-3.5e38,0', /line 2, column 2: .*got '-3.5e38'/],
    ['one beyond float64', '1,2,cat,dog\n1e999,2,0', /line 2, column 1: .*got '1e999'/],
    ['one that float32 rounds to 0', '1,2,cat,dog\n1,1e-50,0', /line 2, column 2: .*1.4e-45/],
    ['hexadecimal digits', '1,2,cat,dog\n0x10,2,0', /line 2, column 1: .*decimal.*'0x10'/],
    ['binary digits', '1,2,cat,dog\n0b1,2,0', /line 2, column 1: .*got '0b1'/],
    ['octal digits', '1,2,cat,dog\n0o7,2,0', /line 2, column 1: .*got '0o7'/],
    ['separated digits', '1,2,cat,dog\n1_000,2,0', /line 2, column 1: .*got '1_000'/],
    ['a number with a unit', '1,2,cat,dog\n1f,2,0', /line 2, column 1: .*got '1f'/],
    ['NaN', '1,2,cat,dog\nNaN,2,0', /line 2, column 1: .*got 'NaN'/],
    ['a hexadecimal label', '1,2,cat,dog\n1,2,0x1', /line 2, column 3: .*got '0x1'/],
    ['a hexadecimal count', '0x1,2,cat,dog\n1,2,0', /expected a first line 'rows,2,'/],
    ['a label out of range', '1,2,cat,dog\n1,2,2', /line 2: .* from 0 to 1, got 2/],
    ['a fractional label', '1,2,cat,dog\n1,2,0.5', /got 0.5/],
  ])('refuses %s and says where and what to do', (_, text, message) => {
    const parse = (): unknown => parseCsv(text, file, layout);
    expect(parse).toThrow(message);
    expect(parse).toThrow(/data file 'uci\/pets.csv': .*; get it again from the pet shop/);
    expect(parse).toThrow(expect.objectContaining({ code: 'data-corrupt' }));
  });
});
