import type { Axis } from './axis.js';
import { drawAxes, layOutAxes } from './axes.js';
import type { ChartOptions } from './chart-options.js';
import { drawLegend, layOutLegend, type LegendEntry } from './legend.js';
import { element, escapeText } from './markup.js';
import { plotArea, type PlotArea } from './plot-area.js';
import { CARD, FONT_FAMILY, GRID, MUTED_INK, TITLE_SIZE } from './style.js';
import { label, wrap } from './text.js';

/** What one kind of chart adds to the common frame. */
export interface ChartParts {
  readonly x: Axis;
  readonly y: Axis;
  readonly legend: readonly LegendEntry[];
  /** Text for readers who cannot see the chart. */
  readonly description: string;
  /** Drawn from back to front. Without marks, the chart says that there are no data. */
  marks(area: PlotArea): readonly string[];
}

/** Pixels. */
const WIDTH = 720;
const HEIGHT = 440;
const PADDING = 16;
const TITLE_LINE = TITLE_SIZE * 1.35;

/** Lays out title, legend, axes and marks in one SVG document, without overlaps. */
export function renderChart(options: ChartOptions, parts: ChartParts): string {
  const { title } = options;
  const inner = WIDTH - 2 * PADDING;
  const titleLines = wrap(title, inner, TITLE_SIZE);
  const titleBottom = PADDING + titleLines.length * TITLE_LINE;
  const legend = layOutLegend(parts.legend, inner);
  const layout = layOutAxes(parts.x, parts.y, options, inner);
  const area = plotArea(
    {
      left: PADDING + layout.left,
      right: WIDTH - PADDING - layout.right,
      top: titleBottom + legend.height + 10,
      bottom: HEIGHT - PADDING - layout.bottom,
    },
    parts.x,
    parts.y,
  );
  const marks = parts.marks(area);
  const body = [
    element('title', {}, escapeText(title)),
    element('desc', {}, escapeText(parts.description)),
    card(),
    ...titleLines.map((line, row) =>
      label(line, PADDING, PADDING + TITLE_SIZE + row * TITLE_LINE, {
        anchor: 'start',
        size: TITLE_SIZE,
        bold: true,
      }),
    ),
    ...drawLegend(legend, PADDING, titleBottom),
    ...drawAxes(parts.x, parts.y, options, area, layout),
    ...(marks.length > 0 ? marks : [emptyNote(area)]),
  ];
  return document(body);
}

function document(body: readonly string[]): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width: WIDTH,
    height: HEIGHT,
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'font-family': FONT_FAMILY,
  };
  return `${element('svg', attributes, `\n${body.join('\n')}\n`)}\n`;
}

function card(): string {
  const box = { x: 0.5, y: 0.5, width: WIDTH - 1, height: HEIGHT - 1 };
  return element('rect', { ...box, rx: 8, fill: CARD, stroke: GRID });
}

function emptyNote({ left, right, top, bottom }: PlotArea): string {
  return label('no data', (left + right) / 2, (top + bottom) / 2, { colour: MUTED_INK });
}
