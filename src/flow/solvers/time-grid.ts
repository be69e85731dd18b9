/**
 * Where the solver stops between t = 0 and 1.
 *
 * - `uniform`: `t_k = k/n`
 * - `quadratic`: `t_k = 1 − (1 − k/n)²`, whose steps shrink towards the data
 */
export const TIME_GRIDS = ['uniform', 'quadratic'] as const;
export type TimeGrid = (typeof TIME_GRIDS)[number];

/** The `steps + 1` times of a grid, from 0 to 1. */
export function timesOf(grid: TimeGrid, steps: number): Float64Array {
  return Float64Array.from({ length: steps + 1 }, (_, k) => {
    const share = k / steps;
    return grid === 'uniform' ? share : 1 - (1 - share) ** 2;
  });
}
