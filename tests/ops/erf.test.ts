import { describe, expect, it } from 'vitest';
import { erf } from '../../src/ops/erf.js';

describe('erf', () => {
  it.each([
    [1e-300, 1.1283791670955126e-300],
    [1e-10, 1.1283791670955126e-10],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.999, 0.9999777698314002],
    [3.001, 0.9999780483390822],
    [4, 0.9999999845827421],
    [5.5, 0.9999999999999927],
    [7, 1],
  ])('erf(%d) is within 2e-15, and odd', (x, expected) => {
    expect(Math.abs(erf(x) / expected - 1)).toBeLessThan(2e-15);
    expect(erf(-x)).toBe(-erf(x));
  });

  it('has no seam where the series hands over to the continued fraction', () => {
    const slope = (erf(3 + 1e-6) - erf(3 - 1e-6)) / 2e-6;
    expect(slope).toBeCloseTo((2 / Math.sqrt(Math.PI)) * Math.exp(-9), 9);
  });

  it('keeps zero, NaN and infinities', () => {
    expect(erf(0)).toBe(0);
    expect(erf(NaN)).toBeNaN();
    expect([erf(Infinity), erf(-Infinity)]).toEqual([1, -1]);
  });
});
