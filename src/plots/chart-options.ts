/** What all charts have. */
export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
}

/** A place in data coordinates. One that is not finite is left out. */
export type Point = readonly [x: number, y: number];
