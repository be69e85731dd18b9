import { describe, expect, it } from 'vitest';
import { auroc, ensembleUncertainty } from '../../src/zoo/uncertainty.js';

describe('ensembleUncertainty', () => {
  it('splits the entropy of the mean into what members agree and disagree about', () => {
    const certain = Float64Array.of(1, 0, 0.5, 0.5);
    const opposed = Float64Array.of(0, 1, 0.5, 0.5);
    const { entropy, mutualInformation } = ensembleUncertainty([certain, opposed], 2);
    // Row 0: each is certain, of another class; row 1: both are uncertain alike.
    expect(entropy[0]).toBeCloseTo(Math.LN2, 12);
    expect(mutualInformation[0]).toBeCloseTo(Math.LN2, 12);
    expect(entropy[1]).toBeCloseTo(Math.LN2, 12);
    expect(mutualInformation[1]).toBeCloseTo(0, 12);
  });

  it('has no mutual information in one member', () => {
    const { entropy, mutualInformation } = ensembleUncertainty([Float64Array.of(0.25, 0.75)], 1);
    expect(entropy[0]).toBeCloseTo(0.25 * Math.log(4) + 0.75 * Math.log(4 / 3), 12);
    expect(mutualInformation[0]).toBe(0);
  });
});

describe('auroc', () => {
  const of = (...values: number[]): Float64Array => Float64Array.from(values);

  it('is the probability that a positive scores above a negative, ties half', () => {
    expect(auroc(of(3, 4), of(1, 2))).toBe(1);
    expect(auroc(of(1, 2), of(3, 4))).toBe(0);
    expect(auroc(of(2), of(2, 2))).toBe(0.5);
    // 3 beats 1 and 2, ties with 3; 1 ties with 1: (2.5 + 0.5) / 6.
    expect(auroc(of(3, 1), of(1, 2, 3))).toBeCloseTo(0.5, 12);
  });

  it('leaves its arguments as they were, and is NaN where one is empty', () => {
    const negative = of(5, 1);
    auroc(of(2), negative);
    expect([...negative]).toEqual([5, 1]);
    expect(auroc(of(), of(1))).toBeNaN();
    expect(auroc(of(1), of())).toBeNaN();
  });
});
