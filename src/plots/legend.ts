import { element } from './markup.js';
import { seriesStroke } from './style.js';
import { label, textWidth, truncate } from './text.js';

export interface LegendEntry {
  readonly name: string;
  readonly index: number;
}

interface PlacedEntry extends LegendEntry {
  readonly x: number;
  readonly row: number;
}

export interface Legend {
  readonly entries: readonly PlacedEntry[];
  /** Height in pixels; 0 without entries. */
  readonly height: number;
}

const ROW_HEIGHT = 20;
const SWATCH = 22;
const GAP = 18;

/** One entry per series, none for a single one: the axis label already names it. */
export function legendEntries(
  series: readonly { readonly name: string }[],
): readonly LegendEntry[] {
  return series.length < 2 ? [] : series.map(({ name }, index) => ({ name, index }));
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

function swatch({ index }: LegendEntry, x: number, y: number): string {
  return element('line', { x1: x, y1: y, x2: x + SWATCH, y2: y, ...seriesStroke(index) });
}
