import { element } from './markup.js';
import { markerShape } from './marker.js';
import { seriesColour, seriesStroke } from './style.js';
import { label, textWidth, truncate } from './text.js';

export interface LegendEntry {
  readonly name: string;
  readonly index: number;
  readonly kind: 'line' | 'marker' | 'box';
}

interface PlacedEntry extends LegendEntry {
  readonly x: number;
  readonly row: number;
}

export interface Legend {
  readonly entries: readonly PlacedEntry[];
  /** Pixels; 0 without entries. */
  readonly height: number;
}

const ROW_HEIGHT = 20;
const SWATCH = 22;
const GAP = 18;

/** One entry per series, none for a single one: the axis label already names it. */
export function legendEntries(
  series: readonly { readonly name: string }[],
  kind: LegendEntry['kind'],
): readonly LegendEntry[] {
  return series.length < 2 ? [] : series.map(({ name }, index) => ({ name, index, kind }));
}

/** Rows of entries that fit into `width` pixels. */
export function layOutLegend(entries: readonly LegendEntry[], width: number): Legend {
  const placed: PlacedEntry[] = [];
  let x = 0;
  let row = 0;
  for (const entry of entries) {
    const name = truncate(entry.name, width - SWATCH - 6);
    const needed = SWATCH + 6 + textWidth(name);
    if (x > 0 && x + needed > width) {
      x = 0;
      row += 1;
    }
    placed.push({ ...entry, name, x, row });
    x += needed + GAP;
  }
  return { entries: placed, height: entries.length === 0 ? 0 : (row + 1) * ROW_HEIGHT };
}

export function drawLegend(legend: Legend, left: number, top: number): readonly string[] {
  return legend.entries.map((entry) => {
    const x = left + entry.x;
    const middle = top + (entry.row + 0.5) * ROW_HEIGHT;
    return (
      swatch(entry, x, middle) + label(entry.name, x + SWATCH + 6, middle + 4, { anchor: 'start' })
    );
  });
}

function swatch({ kind, index }: LegendEntry, x: number, y: number): string {
  const fill = seriesColour(index);
  switch (kind) {
    case 'line':
      return element('line', { x1: x, y1: y, x2: x + SWATCH, y2: y, ...seriesStroke(index) });
    case 'marker':
      return markerShape(index, x + SWATCH / 2, y, 4, { fill });
    case 'box':
      return element('rect', { x: x + 4, y: y - 6, width: SWATCH - 8, height: 12, rx: 2, fill });
  }
}
