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

/** The range around a line at one x, for example mean ± standard deviation. */
export type BandPoint = readonly [x: number, low: number, high: number];

export interface LineSeries {
  readonly name: string;
  /** In order of x. A point without a place (NaN; zero on a logarithmic axis) interrupts the line. */
  readonly points: readonly Point[];
  /** Shaded behind the line. Default none. */
  readonly band?: readonly BandPoint[];
}

export interface LineChartOptions extends ChartOptions {
  readonly series: readonly LineSeries[];
  /** Default false. */
  readonly logX?: boolean;
  /** Default false. */
  readonly logY?: boolean;
}

/** Up to this many points each one is marked, since readers then look for the measured places. */
const MARKED_POINTS = 24;

/**
 * Lines through points, with optional bands, as an SVG document.
 *
 * @example
 * lineChart({
 *   title: 'Loss', xLabel: 'step', yLabel: 'mean squared error', logY: true,
 *   series: [{ name: 'training', points: [[1, 0.9], [2, 0.5], [3, 0.3]] }],
 * });
 */
export function lineChart(options: LineChartOptions): string {
  const { series, logX = false, logY = false } = options;
  const x = numericAxis(xValues(series), { log: logX });
  const y = numericAxis(yValues(series), { log: logY, nice: true });
  const shows = ([px, ...py]: readonly [number, ...number[]]): boolean =>
    x.shows(px) && py.every((value) => y.shows(value));
  return renderChart(options, {
    x,
    y,
    legend: legendEntries(series),
    description: describe('Line chart', options, series),
    marks: (area) => [
      ...series.flatMap(({ band = [] }, index) =>
        runs(band, shows).map((run) => drawBand(run, area, index)),
      ),
      ...series.flatMap(({ points }, index) =>
        runs(points, shows).flatMap((run) => drawRun(run, area, index)),
      ),
    ],
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

function drawBand(run: readonly BandPoint[], area: PlotArea, index: number): string {
  const lower = thin(run.map(([x, low]): Point => [area.x(x), area.y(low)]));
  const upper = thin(run.map(([x, , high]): Point => [area.x(x), area.y(high)]));
  const points = [...lower, ...upper.toReversed()].map(coordinates).join(' ');
  return element('polygon', { points, fill: seriesColour(index), 'fill-opacity': 0.16 });
}

/** The longest stretches of places that the chart can show. */
function runs<P>(points: readonly P[], shows: (point: P) => boolean): readonly (readonly P[])[] {
  const found: P[][] = [];
  let open = false;
  for (const point of points) {
    const shown = shows(point);
    if (shown && open) found.at(-1)?.push(point);
    else if (shown) found.push([point]);
    open = shown;
  }
  return found;
}

function* xValues(series: readonly LineSeries[]): Generator<number> {
  for (const { points, band = [] } of series) {
    for (const [x] of points) yield x;
    for (const [x] of band) yield x;
  }
}

function* yValues(series: readonly LineSeries[]): Generator<number> {
  for (const { points, band = [] } of series) {
    for (const [, y] of points) yield y;
    for (const [, low, high] of band) {
      yield low;
      yield high;
    }
  }
}

function coordinates([x, y]: Point): string {
  return `${formatCoordinate(x)},${formatCoordinate(y)}`;
}

const LINE = { 'stroke-linejoin': 'round', 'stroke-linecap': 'round' } as const;
