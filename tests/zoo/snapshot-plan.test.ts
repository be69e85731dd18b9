import { describe, expect, it } from 'vitest';
import { snapshotSteps } from '../../src/zoo/snapshot-plan.js';

describe('snapshotSteps', () => {
  it('keeps every n-th step after the ignored epochs, and the last', () => {
    expect(snapshotSteps({ ignoreEpochs: 2, everySteps: 4 }, 4, 5)).toEqual([14, 18, 20]);
    expect(snapshotSteps({ ignoreEpochs: 0, everySteps: 5 }, 2, 5)).toEqual([5, 10]);
    expect(snapshotSteps({ ignoreEpochs: 0, everySteps: 100 }, 2, 5)).toEqual([10]);
  });

  it('spreads a number of snapshots evenly, the last being the end', () => {
    expect(snapshotSteps({ ignoreEpochs: 2, perRun: 5 }, 4, 5)).toEqual([12, 14, 16, 18, 20]);
    expect(snapshotSteps({ ignoreEpochs: 0, perRun: 1 }, 3, 7)).toEqual([21]);
  });

  it('keeps each step once when there are fewer steps than snapshots', () => {
    expect(snapshotSteps({ ignoreEpochs: 1, perRun: 50 }, 2, 4)).toEqual([5, 6, 7, 8]);
  });

  it('refuses to ignore all epochs, and intervals that are no positive integers', () => {
    expect(() => snapshotSteps({ ignoreEpochs: 3, perRun: 1 }, 3, 7)).toThrow(/0 to 2 .*got 3/);
    expect(() => snapshotSteps({ ignoreEpochs: 0, perRun: 0 }, 3, 7)).toThrow(/perRun/);
    expect(() => snapshotSteps({ ignoreEpochs: 0, everySteps: 0.5 }, 3, 7)).toThrow(/everySteps/);
  });
});
