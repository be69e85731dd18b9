import type { Point } from './chart-options.js';

/**
 * Drops points that cannot be seen: each pixel column keeps its first, lowest, highest and last
 * point, so a loss curve of 100,000 steps keeps its appearance and spikes with a few thousand
 * points.
 *
 * @param pixels - points in pixels, in order of x
 */
export function thin(pixels: readonly Point[]): readonly Point[] {
  const kept: Point[] = [];
  for (let start = 0; start < pixels.length;) {
    const end = endOfColumn(pixels, start);
    kept.push(...outermost(pixels.slice(start, end)));
    start = end;
  }
  return kept;
}

function endOfColumn(pixels: readonly Point[], start: number): number {
  const column = Math.floor(pixels[start]?.[0] ?? 0);
  let end = start + 1;
  while (end < pixels.length && Math.floor(pixels[end]?.[0] ?? 0) === column) end += 1;
  return end;
}

function outermost(column: readonly Point[]): readonly Point[] {
  if (column.length <= 4) return column;
  let low = 0;
  let high = 0;
  column.forEach(([, y], i) => {
    if (y < (column[low]?.[1] ?? y)) low = i;
    if (y > (column[high]?.[1] ?? y)) high = i;
  });
  const stays = new Set([0, low, high, column.length - 1]);
  return column.filter((_, i) => stays.has(i));
}
