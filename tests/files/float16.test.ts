import { describe, expect, it } from 'vitest';
import { decodeFloat16, encodeFloat16 } from '../../src/files/float16.js';
import { Random } from '../../src/random.js';
import { thrownBy } from '../support/error-code.js';

const rounded = (...values: number[]): number[] => [
  ...decodeFloat16(encodeFloat16(Float32Array.from(values))),
];

describe('float16', () => {
  it('has the words of IEEE 754', () => {
    const values = [0, 1, -2, 65504, 2 ** -14, 2 ** -24, 1 / 3];
    expect([...encodeFloat16(Float32Array.from(values))]).toEqual([
      0x0000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555,
    ]);
    expect(Object.is(rounded(-0)[0], -0)).toBe(true);
  });

  it('comes back exactly for every finite word', () => {
    const words = Uint16Array.from({ length: 2 ** 16 }, (_, word) => word).filter(
      (word) => (word & 0x7c00) !== 0x7c00,
    );
    expect([...encodeFloat16(decodeFloat16(words))]).toEqual([...words]);
  });

  it('reads infinities and what is not a number', () => {
    expect([...decodeFloat16(Uint16Array.of(0x7c00, 0xfc00, 0x7e00))]).toEqual([
      Infinity,
      -Infinity,
      NaN,
    ]);
  });

  it('rounds to the nearest, and ties to even', () => {
    const unit = 2 ** -10;
    expect(rounded(1 + 0.49 * unit, 1 + 0.5 * unit, 1 + 0.51 * unit, 1 + 1.5 * unit)).toEqual([
      1,
      1,
      1 + unit,
      1 + 2 * unit,
    ]);
    // Also across the border to the next power of two, and among subnormals.
    expect(rounded(2 - 0.4 * unit, 0.5 * 2 ** -24, 0.51 * 2 ** -24, 1.5 * 2 ** -24)).toEqual([
      2,
      0,
      2 ** -24,
      2 ** -23,
    ]);
    for (const value of new Random(1).normals(1000)) {
      expect(Math.abs(rounded(value)[0]! / value - 1)).toBeLessThanOrEqual(2 ** -11);
    }
  });

  it.each([65520, -1e6, Infinity, NaN])('refuses %f', (value) => {
    const error = thrownBy(() => encodeFloat16(Float32Array.of(1, value)));
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toContain(`${value} at 1`);
  });
});
