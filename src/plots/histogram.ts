import { numericAxis } from './axis.js';
import { renderChart } from './chart.js';
import type { ChartOptions } from './chart-options.js';
import { describe } from './describe.js';
import { legendEntries } from './legend.js';
import { element, formatCoordinate } from './markup.js';
import type { PlotArea } from './plot-area.js';
import { seriesColour } from './style.js';

export interface HistogramSeries {
  readonly name: string;
  /** Values that are not finite are left out. */
  readonly values: ArrayLike<number>;
}

export interface HistogramOptions extends ChartOptions {
  readonly series: readonly HistogramSeries[];
  /** Number of bins over the range of all series, equally wide. Default √n, from 5 to 60. */
  readonly bins?: number;
  /** Heights such that each series has area 1, to compare samples of unlike size. Default false. */
  readonly density?: boolean;
}

interface Bins {
  readonly start: number;
  readonly width: number;
  /** One row of heights per series. */
  readonly heights: readonly (readonly number[])[];
}

/** Distributions of values over common bins, see-through over one another, as an SVG document. */
export function histogram(options: HistogramOptions): string {
  const { series } = options;
  const bins = fillBins(options);
  const edges = bins === undefined ? [] : [bins.start, lastEdge(bins)];
  return renderChart(options, {
    x: numericAxis(edges),
    y: numericAxis(bins === undefined ? [] : [0, ...bins.heights.flat()], { nice: true }),
    legend: legendEntries(series, 'box'),
    description: describe('Histogram', options, series),
    marks: (area) =>
      bins === undefined
        ? []
        : bins.heights.map((heights, index) => drawOutline(heights, bins, area, index)),
  });
}

function fillBins({ series, bins, density = false }: HistogramOptions): Bins | undefined {
  const samples = series.map(({ values }) => Array.from(values).filter(Number.isFinite));
  const all = samples.flat();
  if (all.length === 0) return undefined;
  const axis = numericAxis(all);
  const count = bins ?? Math.min(60, Math.max(5, Math.ceil(Math.sqrt(all.length))));
  const width = (axis.max - axis.min) / count;
  const heights = samples.map((values) => {
    const unit = density && values.length > 0 ? 1 / (values.length * width) : 1;
    const row = new Array<number>(count).fill(0);
    for (const value of values) {
      const bin = Math.min(count - 1, Math.floor((value - axis.min) / width));
      row[bin] = (row[bin] ?? 0) + unit;
    }
    return row;
  });
  return { start: axis.min, width, heights };
}

function lastEdge({ start, width, heights }: Bins): number {
  return start + width * (heights[0]?.length ?? 0);
}

function drawOutline(
  heights: readonly number[],
  { start, width }: Bins,
  area: PlotArea,
  index: number,
): string {
  const steps = heights.map((height, bin) => {
    const to = formatCoordinate(area.x(start + (bin + 1) * width));
    return `V${formatCoordinate(area.y(height))}H${to}`;
  });
  const from = `M${formatCoordinate(area.x(start))},${formatCoordinate(area.bottom)}`;
  const colour = seriesColour(index);
  return element('path', {
    d: `${from}${steps.join('')}V${formatCoordinate(area.bottom)}Z`,
    fill: colour,
    'fill-opacity': 0.3,
    stroke: colour,
    'stroke-width': 1.5,
  });
}
