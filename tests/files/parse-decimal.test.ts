import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../src/files/parse-decimal.js';

describe('parseDecimal', () => {
  it.each(['0', '-0', '+1', '007', '1.', '.5', '-1.25e-3', '1E+2', '1e999'])('reads %s', (text) => {
    expect(parseDecimal(text)).toBe(Number(text));
  });

  it.each(
    ['', ' ', ' 1', '1\n', '.', 'e5', '1e', '1e1.5', '--1', '0x10', '0b1', '0o7'].concat([
      ...['1_000', '1,5', '1f', '1n', 'Infinity', 'NaN', '١'],
    ]),
  )("reads no number in '%s'", (text) => {
    expect(parseDecimal(text)).toBeNaN();
  });
});
