/** Where a grid puts the fraction `s = k/n` of its steps. */
type GridFunction = (s: number) => number;

/** Where the solver stops between t = 0 and 1: a new grid is its line here. */
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
