/**
 * The style of every chart. Each has its own opaque background, so that it looks the same on light
 * and dark pages, and uses presentation attributes only, so that no style leaks into the page.
 */
export const CARD = '#ffffff';
export const INK = '#1f2933';
export const MUTED_INK = '#52606d';
export const GRID = '#e4e7eb';
export const AXIS = '#9aa5b1';

export const FONT_FAMILY = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';
export const FONT_SIZE = 12;
export const TITLE_SIZE = 16;

/**
 * Distinguishable with common colour deficiencies; each has a contrast of at least 3:1 to the card.
 */
export const PALETTE = [
  '#0067a5',
  '#c8500a',
  '#00805e',
  '#9b3f86',
  '#8a6d00',
  '#3f8fc4',
  '#a3262a',
  '#52606d',
] as const;

/** Dashes after the first round through the palette, when colours repeat. */
const DASHES = ['', '7 4', '2 3', '9 3 2 3'] as const;

export function seriesColour(index: number): string {
  return PALETTE[index % PALETTE.length] ?? INK;
}

/** The stroke of a series' line. */
export function seriesStroke(index: number): Record<string, string | number> {
  const dash = DASHES[Math.floor(index / PALETTE.length) % DASHES.length] ?? '';
  return {
    stroke: seriesColour(index),
    'stroke-width': 2,
    ...(dash === '' ? {} : { 'stroke-dasharray': dash }),
  };
}
