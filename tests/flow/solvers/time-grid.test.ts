import { describe, expect, it } from 'vitest';
import { TIME_GRIDS, timesOf } from '../../../src/flow/solvers/time-grid.js';

describe.each(TIME_GRIDS)('the %s grid', (grid) => {
  it.each([1, 2, 7, 64, 256])('goes up from 0 to 1 in %d steps, exactly', (steps) => {
    const times = timesOf(grid, steps);
    expect(times).toHaveLength(steps + 1);
    expect([times[0], times.at(-1)]).toEqual([0, 1]);
    times.slice(1).forEach((time, k) => {
      expect(time).toBeGreaterThan(times[k]!);
    });
    // Also as the float32 numbers that the step models take.
    expect(new Set(Float32Array.from(times)).size).toBe(steps + 1);
  });
});

it('is in equal steps, or in steps that shrink linearly to the data or the noise (1e-15)', () => {
  expect([...timesOf('uniform', 4)]).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect([...timesOf('quadratic', 4)]).toEqual([0, 7 / 16, 12 / 16, 15 / 16, 1]);
  expect([...timesOf('early', 4)]).toEqual([0, 1 / 16, 4 / 16, 9 / 16, 1]);
});
