import { describe, expect, it } from 'vitest';
import { headlineSteps } from '../../../src/experiments/thesis/variant-result.js';

describe('headlineSteps', () => {
  it.each([
    [
      [1, 2, 4, 8, 64],
      [4, 64],
    ],
    [[1, 2], [2]],
    [[1, 4], [4]],
  ])('of %j are few and the most, or the most alone', (steps, expected) => {
    expect(headlineSteps(steps, 4)).toEqual(expected);
  });
});
