import { describe, expect, it } from 'vitest';
import { judge } from '../../src/evaluation/judge.js';
import { errorSet } from '../../src/zoo/error-set.js';

/** 30 rows, of which 10 … 29 validate: 12 of them are of class 0, 8 of class 1. */
const labels = Uint8Array.from({ length: 30 }, (_, row) => (row >= 22 ? 1 : 0));
const task = {
  labels,
  split: {
    train: new Int32Array(),
    validation: Int32Array.from({ length: 20 }, (_, index) => 10 + index),
    test: Int32Array.from({ length: 10 }, (_, row) => row),
  },
};

/** The errors of a network that gets some rows wrong. */
function wrongOn(...rows: readonly number[]): Uint8Array {
  return errorSet(
    labels.map((label, row) => (rows.includes(row) ? 1 - label : label)),
    labels,
  );
}

const guess = wrongOn(22, 23, 24, 25, 26, 27, 28, 29);

describe('judge', () => {
  it('measures by what trained networks have over the guess', () => {
    // Trained: 18 of 20 right; guessing: 12. A sample of 16 has ⅔ of the way, one of 14 a third.
    const judgement = judge(
      [wrongOn(10, 11), wrongOn(10, 11, 12, 13), wrongOn(10, 11, 12, 13, 14, 15)],
      [wrongOn(10), wrongOn(10, 11, 12)],
      task,
    );
    expect(judgement).toEqual({
      rows: 20,
      guessing: 0.6,
      trained: { runs: 2, accuracy: expect.closeTo(0.9) as number },
      skill: expect.closeTo((1 + 2 / 3 + 1 / 3) / 3) as number,
      broken: 1 / 3,
    });
  });

  it('looks at validation rows only', () => {
    const everywhereElse = wrongOn(...Array.from({ length: 10 }, (_, row) => row));
    expect(judge([everywhereElse], [wrongOn()], task)).toMatchObject({ skill: 1, broken: 0 });
  });

  it('calls broken what only guesses', () => {
    expect(judge([guess], [wrongOn()], task)).toMatchObject({ skill: 0, broken: 1 });
  });

  it('has nothing to say without trained networks that do better than the guess', () => {
    expect(judge([guess], [], task)).toBeNull();
    expect(judge([guess], [guess], task)).toBeNull();
  });
});
