import { describe, expect, it } from 'vitest';
import { broadcastShapes, missingDim } from '../../src/onnx/dim-algebra.js';

describe('broadcastShapes', () => {
  it('aligns axes on the right and lets 1 stretch', () => {
    expect(broadcastShapes(['N', 1, 3], [4, 1], [])).toEqual(['N', 4, 3]);
  });

  it('lets a symbol meet itself and 1', () => {
    expect(broadcastShapes(['h1', 1], ['h1', 'h2'])).toEqual(['h1', 'h2']);
  });

  it.each([
    [[2], [3]],
    [['h1'], ['h2']],
    [['h1'], [3]],
  ])('knows no common shape of %j and %j', (a, b) => {
    expect(broadcastShapes(a, b)).toBeUndefined();
  });
});

describe('missingDim', () => {
  it.each([
    [[2, 3, 4], [6], 4],
    [['N', 'h1', 4], ['N', 2, 2], 'h1'],
    [['N', 'h1+3', 4], [4, 'N'], 'h1+3'],
    [['N', 'h1', 4], [4], 'N*h1'],
    [['N', 'h1'], ['N*h1'], 1],
    [['N', 'h1+3'], ['3*N+N*h1'], 1],
    [['11*N', 2], [22], 'N'],
    [['2*h1+4'], [2], 'h1+2'],
    [[6], [4], undefined],
    [['h1'], ['h2'], undefined],
    [['h1'], [2], undefined],
    [['h1+1'], ['h1'], undefined],
    [['3*h1'], ['h1+2'], undefined],
  ])('of %j next to %j is %j', (whole, known, expected) => {
    expect(missingDim(whole, known)).toBe(expected);
  });
});
