import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  parseFraction,
  parsePath,
  parsePositive,
  parseStochasticity,
} from '../../src/cli/options.js';

describe('options', () => {
  it('take numbers in decimal digits only', () => {
    expect(parsePositive('2.5e-3')).toBe(0.0025);
    expect(parseStochasticity('0.5')).toEqual({ strength: 0.5, from: 0, to: 1 });
    expect(parseStochasticity('.5:0:0.8')).toEqual({ strength: 0.5, from: 0, to: 0.8 });
    for (const text of ['0x10', '0b1', ' 1', '', '1e999', 'Infinity']) {
      expect(() => parsePositive(text), text).toThrow(InvalidArgumentError);
    }
    for (const text of [
      '0x1',
      '',
      '0.5::1',
      '0.5:0:0x1',
      '0.5:0',
      'Infinity',
      '1e999',
      '1:0:1:1',
    ]) {
      expect(() => parseStochasticity(text), text).toThrow(InvalidArgumentError);
    }
  });

  it('take fractions that leave some of the whole', () => {
    expect(['0', '.25', '0.99'].map(parseFraction)).toEqual([0, 0.25, 0.99]);
    for (const text of ['1', '-0.1', '25%', '']) {
      expect(() => parseFraction(text), text).toThrow('expected a fraction from 0 to below 1');
    }
  });

  it('take no empty path', () => {
    expect(parsePath(' ')).toBe(' ');
    expect(() => parsePath('')).toThrow("expected a path, got ''");
  });
});
