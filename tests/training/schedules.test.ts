import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../src/training/schedules.js';

const rates = (
  schedule: Parameters<typeof learningRateAt>[0],
  peak: number,
  total: number,
): number[] =>
  Array.from({ length: total }, (_, step) => learningRateAt(schedule, peak, step, total));

describe('learningRateAt', () => {
  it('keeps a constant rate', () => {
    expect(rates({ kind: 'constant' }, 0.1, 3)).toEqual([0.1, 0.1, 0.1]);
  });

  it('falls along half a cosine', () => {
    const [start, , middle, , end] = rates({ kind: 'cosine' }, 0.2, 5);
    expect(start).toBeCloseTo(0.2, 12);
    expect(middle).toBeCloseTo(0.1, 12);
    expect(end).toBeCloseTo(0, 12);
    expect(rates({ kind: 'cosine', finalFraction: 0.1 }, 1, 9).at(-1)).toBeCloseTo(0.1, 12);
  });

  it("gives the values of PyTorch's OneCycleLR(max_lr=1, total_steps=10)", () => {
    // pct_start 0.3, div_factor 25, final_div_factor 1e4, anneal_strategy cos: initial 0.04, the
    // top at step 0.3·10 − 1 = 2, the end 4e-6 at step 9; half cosines in 2 and 7 steps.
    const expected = [
      0.04, 0.52, 1, 0.9504846320134737, 0.8117456539497631, 0.6112620219362893, 0.3887419780637106,
      0.188258346050237, 0.04951936798652625, 4e-6,
    ];
    rates({ kind: 'one-cycle' }, 1, 10).forEach((rate, step) => {
      expect(rate).toBeCloseTo(expected[step]!, 9);
    });
  });

  it('peaks where the warm-up fraction says, never above the peak, and never below zero', () => {
    for (const warmupFraction of [0, 0.05, 0.5, 0.9]) {
      const total = 200;
      const values = rates({ kind: 'one-cycle', warmupFraction }, 3e-3, total);
      const top = values.indexOf(Math.max(...values));
      expect(top).toBe(Math.max(Math.round(warmupFraction * total) - 1, 0));
      expect(Math.max(...values)).toBeCloseTo(3e-3, 12);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    }
  });

  it('is defined for runs of one step and after the end', () => {
    for (const kind of ['constant', 'cosine', 'one-cycle'] as const) {
      expect(learningRateAt({ kind }, 1, 0, 1)).toBeCloseTo(1, 12);
      expect(learningRateAt({ kind }, 1, 25, 10)).toBe(learningRateAt({ kind }, 1, 9, 10));
    }
  });
});
