/** Options of all charts. */
export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
}

/** A position in data coordinates. Points that are not finite are left out. */
export type Point = readonly [x: number, y: number];
