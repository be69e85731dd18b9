import { expect, describe, it } from 'vitest';
import { clipScale, gradientNorm } from '../../../src/training/optimizers/gradient-norm.js';

describe('gradientNorm and clipScale', () => {
  it('take all gradients together', () => {
    const norm = gradientNorm([Float32Array.of(3, 0), Float32Array.of(4), new Float32Array(9)]);
    expect(norm).toBeCloseTo(5, 12);
    expect(clipScale(norm, 1)).toBeCloseTo(0.2, 12);
  });

  it('leave small gradients alone and show where one is not finite', () => {
    expect(clipScale(gradientNorm([Float32Array.of(0.3, 0.4)]), 1)).toBe(1);
    expect(gradientNorm([Float32Array.of(NaN, 2)])).toBeNaN();
    expect(gradientNorm([Float32Array.of(2), Float32Array.of(Infinity)])).toBe(Infinity);
  });
});
