import { numericAxis } from './axis.js';
import { renderChart } from './chart.js';
import type { ChartOptions, Point } from './chart-options.js';
import { describe } from './describe.js';
import { legendEntries } from './legend.js';
import { markerShape } from './marker.js';
import { element, formatCoordinate } from './markup.js';
import type { PlotArea } from './plot-area.js';
import { seriesColour, seriesStroke } from './style.js';
import { thin } from './thin.js';

export interface LineSeries {
  readonly name: string;
  /**
   * In order of x. A point that cannot be shown (NaN; zero on a logarithmic axis) interrupts the
   * line.
   */
  readonly points: readonly Point[];
}

export interface LineChartOptions extends ChartOptions {
  readonly series: readonly LineSeries[];
  /** Default false. */
  readonly logX?: boolean;
  /** Default false. */
  readonly logY?: boolean;
}

/** Up to this many points, each is marked, to show where values were measured. */
const MARKED_POINTS = 24;

/**
 * Lines through points as an SVG document.
 *
 * @example
 * lineChart({
 *   title: 'Loss', xLabel: 'step', yLabel: 'mean squared error', logY: true,
 *   series: [{ name: 'training', points: [[1, 0.9], [2, 0.5], [3, 0.3]] }],
 * });
 */
export function lineChart(options: LineChartOptions): string {
  const { series, logX = false, logY = false } = options;
  const points = series.flatMap((each) => each.points);
  const x = numericAxis(
    points.map(([px]) => px),
    { log: logX },
  );
  const y = numericAxis(
    points.map(([, py]) => py),
    { log: logY, nice: true },
  );
  const shows = ([px, py]: Point): boolean => x.shows(px) && y.shows(py);
  return renderChart(options, {
    x,
    y,
    legend: legendEntries(series),
    description: describe('Line chart', options, series),
    marks: (area) =>
      series.flatMap((each, index) =>
        runs(each.points, shows).flatMap((run) => drawRun(run, area, index)),
      ),
  });
}

function drawRun(run: readonly Point[], area: PlotArea, index: number): readonly string[] {
  const pixels = run.map(([x, y]): Point => [area.x(x), area.y(y)]);
  const path = thin(pixels).map(coordinates).join(' ');
  const line = element('polyline', { points: path, fill: 'none', ...LINE, ...seriesStroke(index) });
  const marks =
    run.length > MARKED_POINTS
      ? []
      : pixels.map(([x, y]) => markerShape(index, x, y, 3.2, { fill: seriesColour(index) }));
  return run.length === 1 ? marks : [line, ...marks];
}

/** The longest runs of points that the chart can show. */
function runs(
  points: readonly Point[],
  shows: (point: Point) => boolean,
): readonly (readonly Point[])[] {
  const found: Point[][] = [];
  let open = false;
  for (const point of points) {
    const shown = shows(point);
    if (shown && open) found.at(-1)?.push(point);
    else if (shown) found.push([point]);
    open = shown;
  }
  return found;
}

function coordinates([x, y]: Point): string {
  return `${formatCoordinate(x)},${formatCoordinate(y)}`;
}

const LINE = { 'stroke-linejoin': 'round', 'stroke-linecap': 'round' } as const;
