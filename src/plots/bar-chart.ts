import { categoryAxis, numericAxis, type Axis } from './axis.js';
import { renderChart } from './chart.js';
import type { ChartOptions } from './chart-options.js';
import { describe } from './describe.js';
import { legendEntries } from './legend.js';
import { element } from './markup.js';
import type { PlotArea } from './plot-area.js';
import { INK, seriesColour } from './style.js';

export interface BarSeries {
  readonly name: string;
  /** One per category; one that is not finite leaves its place empty. */
  readonly values: readonly number[];
  /** Half lengths of the error bars, one per category. Default none. */
  readonly errors?: readonly number[];
}

export interface BarChartOptions extends ChartOptions {
  /** The groups, from left to right. */
  readonly categories: readonly string[];
  /** One bar each per group. */
  readonly series: readonly BarSeries[];
  /** Bars then start at the lower end of the axis instead of at 0. Default false. */
  readonly logY?: boolean;
}

interface Bar {
  readonly value: number;
  /** Centre and width as shares of a slot, the centre measured from the middle of the slot. */
  readonly centre: number;
  readonly share: number;
  readonly category: number;
  readonly series: number;
  /** Ends of the error bar. */
  readonly low: number;
  readonly high: number;
}

/** Share of a category's slot that its bars fill. */
const FILL = 0.76;

/** Grouped bars with error bars, as an SVG document. */
export function barChart(options: BarChartOptions): string {
  const { categories, series, logY = false } = options;
  const bars = layOutBars(categories.length, series);
  const x = categoryAxis(categories);
  const reached = bars.flatMap(({ value, low, high }) => [value, low, high]);
  // Bars need a foot: zero, or on a logarithmic axis something clearly below the smallest value.
  const feet = logY ? bars.map(({ value }) => value / 2) : bars.map(() => 0);
  const y = numericAxis([...feet, ...reached], { log: logY, nice: true });
  return renderChart(options, {
    x,
    y,
    legend: legendEntries(series, 'box'),
    description: describe('Bar chart', options, series),
    marks: (area) =>
      bars.filter(({ value }) => y.shows(value)).map((bar) => drawBar(bar, y, area, logY)),
  });
}

function layOutBars(categories: number, series: readonly BarSeries[]): readonly Bar[] {
  const share = FILL / Math.max(series.length, 1);
  return series.flatMap(({ values, errors = [] }, index) =>
    values.slice(0, categories).map((value, category) => {
      const error = Number.isFinite(errors[category]) ? Math.abs(errors[category] ?? 0) : 0;
      return {
        value,
        share,
        category,
        centre: (index + 0.5) * share - FILL / 2,
        series: index,
        low: value - error,
        high: value + error,
      };
    }),
  );
}

function drawBar(bar: Bar, y: Axis, area: PlotArea, logY: boolean): string {
  const middle = area.x(bar.category + bar.centre);
  const width = Math.max(area.x(bar.share) - area.x(0) - 2, 1);
  const base = area.y(logY ? y.min : 0);
  const top = area.y(bar.value);
  const body = element('rect', {
    x: middle - width / 2,
    y: Math.min(base, top),
    width,
    height: Math.abs(base - top),
    fill: seriesColour(bar.series),
  });
  return bar.high > bar.low ? body + errorBar(bar, y, area, middle, width) : body;
}

function errorBar({ low, high }: Bar, y: Axis, area: PlotArea, x: number, width: number): string {
  const cap = Math.min(width / 3, 6);
  const upper = area.y(high);
  const lower = y.shows(low) ? area.y(low) : area.bottom;
  const line = (x1: number, y1: number, x2: number, y2: number): string =>
    element('line', { x1, y1, x2, y2, stroke: INK, 'stroke-width': 1.4 });
  return (
    line(x, upper, x, lower) +
    line(x - cap, upper, x + cap, upper) +
    line(x - cap, lower, x + cap, lower)
  );
}
