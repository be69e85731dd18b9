import type { Axis } from './axis.js';
import type { ChartOptions } from './chart-options.js';
import { element } from './markup.js';
import type { PlotArea } from './plot-area.js';
import { AXIS, FONT_SIZE, GRID, MUTED_INK } from './style.js';
import { label, textWidth, truncate } from './text.js';

/** Margins of the plot area for tick and axis labels, in pixels. */
export interface AxesLayout {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  /** Whether the labels of the x axis are tilted, because they would overlap horizontally. */
  readonly tilted: boolean;
}

type Labels = Pick<ChartOptions, 'xLabel' | 'yLabel'>;

const TICK_GAP = 8;
const LABEL_LINE = 22;
/** Flat enough to read, steep enough to pack. */
const TILT_DEGREES = 35;
const TILT = (TILT_DEGREES * Math.PI) / 180;
const LONGEST_TILTED = 150;

/** @param width - total width of the plot area and its margins, in pixels */
export function layOutAxes(x: Axis, y: Axis, labels: Labels, width: number): AxesLayout {
  const besideY = widest(y) + TICK_GAP + (labels.yLabel === '' ? 0 : LABEL_LINE);
  const right = Math.max(4, textWidth(x.ticks.at(-1)?.label ?? '') / 2 - TICK_GAP);
  const belowLabels = labels.xLabel === '' ? 4 : LABEL_LINE;
  if (!collides(x, width - besideY - right)) {
    return { left: besideY, right, bottom: TICK_GAP + FONT_SIZE + belowLabels, tilted: false };
  }
  const longest = Math.min(widest(x), LONGEST_TILTED);
  const reach = Math.min(textWidth(x.ticks[0]?.label ?? ''), LONGEST_TILTED) * Math.cos(TILT);
  return {
    left: Math.max(besideY, reach - x.fraction(x.ticks[0]?.value ?? 0) * (width - besideY)),
    right: 4,
    bottom: TICK_GAP + FONT_SIZE + longest * Math.sin(TILT) + belowLabels,
    tilted: true,
  };
}

export function drawAxes(
  x: Axis,
  y: Axis,
  labels: Labels,
  area: PlotArea,
  layout: AxesLayout,
): readonly string[] {
  const { left, right, bottom } = area;
  return [
    ...y.ticks.map((tick) => drawYTick(area, tick.value, tick.label)),
    ...x.ticks.map((tick) => drawXTick(area, tick.value, tick.label, layout.tilted)),
    element('line', { x1: left, y1: bottom, x2: right, y2: bottom, stroke: AXIS }),
    ...axisLabels(y, labels, area, layout),
  ];
}

function drawYTick({ left, right, y }: PlotArea, value: number, text: string): string {
  const at = y(value);
  const line = element('line', { x1: left, y1: at, x2: right, y2: at, stroke: GRID });
  if (text === '') return line;
  return (
    line + label(text, left - TICK_GAP, at + FONT_SIZE / 3, { anchor: 'end', colour: MUTED_INK })
  );
}

function drawXTick({ bottom, x }: PlotArea, value: number, text: string, tilted: boolean): string {
  const at = x(value);
  const baseline = bottom + TICK_GAP + FONT_SIZE;
  const line = element('line', { x1: at, y1: bottom, x2: at, y2: bottom + 4, stroke: AXIS });
  if (text === '') return line;
  return (
    line +
    (tilted
      ? label(truncate(text, LONGEST_TILTED), at + 4, baseline - 4, {
          anchor: 'end',
          colour: MUTED_INK,
          rotate: -TILT_DEGREES,
        })
      : label(text, at, baseline, { colour: MUTED_INK }))
  );
}

function axisLabels(y: Axis, labels: Labels, area: PlotArea, layout: AxesLayout): string[] {
  const { left, right, top, bottom } = area;
  const parts: string[] = [];
  if (labels.xLabel !== '') {
    const text = truncate(labels.xLabel, right - left);
    parts.push(label(text, (left + right) / 2, bottom + layout.bottom - 2));
  }
  if (labels.yLabel !== '') {
    const text = truncate(labels.yLabel, bottom - top);
    const at = left - TICK_GAP - widest(y) - TICK_GAP;
    parts.push(label(text, at, (top + bottom) / 2, { rotate: -90 }));
  }
  return parts;
}

function collides(axis: Axis, length: number): boolean {
  let lastEnd = -Infinity;
  return axis.ticks.some(({ value, label: text }) => {
    if (text === '') return false;
    const middle = axis.fraction(value) * length;
    const half = textWidth(text) / 2;
    const runsInto = middle - half < lastEnd + 6;
    lastEnd = middle + half;
    return runsInto;
  });
}

function widest(axis: Axis): number {
  return axis.ticks.reduce((most, tick) => Math.max(most, textWidth(tick.label)), 0);
}
