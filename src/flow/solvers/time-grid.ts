/** The time of a grid after the fraction `s = k/n` of its steps. */
type GridFunction = (s: number) => number;

/** The times at which the solver stops between 0 and 1. To add a grid, write its line here. */
const GRIDS = {
  uniform: (s) => s,
  /** Steps shrink towards the data. */
  quadratic: (s) => 1 - (1 - s) ** 2,
  /** Steps shrink towards the noise. */
  early: (s) => s ** 2,
} satisfies Record<string, GridFunction>;

export type TimeGrid = keyof typeof GRIDS;

/** Names of the grids. */
export const TIME_GRIDS = Object.keys(GRIDS) as readonly TimeGrid[];

/** The `steps + 1` times of a grid, from 0 to 1. */
export function timesOf(grid: TimeGrid, steps: number): Float64Array {
  const at: GridFunction = GRIDS[grid];
  return Float64Array.from({ length: steps + 1 }, (_, k) => at(k / steps));
}
