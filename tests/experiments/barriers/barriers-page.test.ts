import { describe, expect, it } from 'vitest';
import { barrierChecks } from '../../../src/experiments/barriers/barriers-page.js';
import { MATCHERS, type MatcherName } from '../../../src/experiments/barriers/matchers.js';
import type { BarriersByMatcher } from '../../../src/experiments/barriers/measure-barriers.js';

/** The same barrier on both parts, for every matcher that is not named. */
function barriers(values: Partial<Record<MatcherName, number>>): BarriersByMatcher {
  const pair = (value: number) => [{ train: value, test: value, durationMs: 1 }];
  return Object.fromEntries(
    MATCHERS.map((name) => [name, pair(values[name] ?? 0)]),
  ) as unknown as BarriersByMatcher;
}

const met = (values: Partial<Record<MatcherName, number>>): readonly boolean[] =>
  barrierChecks(barriers(values)).map(({ isMet }) => isMet);

describe('barrierChecks', () => {
  it('meets both demands on both parts', () => {
    expect(met({ none: 0.3, weights: 0.09, 'sinkhorn-midpoint': 0.09 })).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('misses the first by more than a third, the second by any more than weight matching', () => {
    expect(met({ none: 0.3, weights: 0.11, 'sinkhorn-midpoint': 0.12 })).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
