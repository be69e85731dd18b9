import { describe, expect, it } from 'vitest';
import { addDims, differenceOfDims, dimPolynomial, multiplyDims } from '../../src/onnx/dim.js';

describe('dimensions', () => {
  it.each([
    [addDims('h2', 3, 'h1', 1), 'h1+h2+4'],
    [addDims('h1', 'h1'), '2*h1'],
    [addDims('h1+2', '-1*h1'), 2],
    [addDims(), 0],
    [multiplyDims('h1+1', 'batch'), 'batch+batch*h1'],
    [multiplyDims('batch', 'h1', 11), '11*batch*h1'],
    [multiplyDims('h1', 0), 0],
    [multiplyDims(), 1],
    [differenceOfDims('h1+h2+3', 'h2+1'), 'h1+2'],
    [differenceOfDims(64, 'h1'), '-1*h1+64'],
    [differenceOfDims('h1', 'h1'), 0],
  ])('have one canonical form: %s is %s', (dim, expected) => {
    expect(dim).toBe(expected);
  });

  it('do not depend on the order of operands', () => {
    expect(multiplyDims('b', addDims('a', 2))).toBe(multiplyDims(addDims(2, 'a'), 'b'));
    expect(addDims(multiplyDims('b', 'a'), 'c')).toBe(addDims('c', multiplyDims('a', 'b')));
  });

  it('come apart into terms', () => {
    expect(dimPolynomial('-1*h1+2*batch*h1+3')).toEqual([
      { coefficient: -1, factors: ['h1'] },
      { coefficient: 2, factors: ['batch', 'h1'] },
      { coefficient: 3, factors: [] },
    ]);
    expect(dimPolynomial(0)).toEqual([]);
  });
});
