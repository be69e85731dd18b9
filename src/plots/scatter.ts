import { numericAxis } from './axis.js';
import { renderChart } from './chart.js';
import type { ChartOptions, Point } from './chart-options.js';
import { describe } from './describe.js';
import { legendEntries } from './legend.js';
import { markerShape } from './marker.js';
import { CARD, seriesColour } from './style.js';

export interface ScatterSeries {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface ScatterOptions extends ChartOptions {
  readonly series: readonly ScatterSeries[];
  /** Default false. */
  readonly logX?: boolean;
  /** Default false. */
  readonly logY?: boolean;
}

/** Points in the plane, one shape and colour per series, as an SVG document. */
export function scatter(options: ScatterOptions): string {
  const { series, logX = false, logY = false } = options;
  const all = series.flatMap(({ points }) => points);
  const x = numericAxis(
    all.map(([px]) => px),
    { log: logX, nice: true },
  );
  const y = numericAxis(
    all.map(([, py]) => py),
    { log: logY, nice: true },
  );
  return renderChart(options, {
    x,
    y,
    legend: legendEntries(series, 'marker'),
    description: describe('Scatter plot', options, series),
    marks: (area) =>
      series.flatMap(({ points }, index) =>
        points
          .filter(([px, py]) => x.shows(px) && y.shows(py))
          .map(([px, py]) => markerShape(index, area.x(px), area.y(py), 3.6, dot(index))),
      ),
  });
}

/** See-through, with a thin edge, so that dense places look denser. */
function dot(index: number): Record<string, string | number> {
  return { fill: seriesColour(index), 'fill-opacity': 0.7, stroke: CARD, 'stroke-width': 0.6 };
}
