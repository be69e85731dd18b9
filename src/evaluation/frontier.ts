import type { WidthRange } from '../flows/flow-summary.js';

/** All hidden layers as narrow, or all as wide, as a range allows. */
export function evenCorners(hiddenLayers: number, { min, max }: WidthRange): readonly number[][] {
  return distinct([min, max].map((width) => Array<number>(hiddenLayers).fill(width)));
}

/** Hidden layers as narrow and as wide as a range allows, by turns. */
export function unevenCorners(hiddenLayers: number, { min, max }: WidthRange): readonly number[][] {
  if (hiddenLayers < 2) return [];
  return distinct(
    [
      [min, max],
      [max, min],
    ].map((pair) => Array.from({ length: hiddenLayers }, (_, i) => pair[i % 2] as number)),
  );
}

/**
 * Measures a corner and, where it fails, looks for the place between it and the hull where failing
 * begins, by halving the way. Widths of the hull's edge are taken to pass.
 *
 * @param passes - measures an architecture of these hidden widths
 */
export async function measureTowardsHull(
  corner: readonly number[],
  hull: WidthRange,
  passes: (widths: readonly number[]) => Promise<boolean>,
): Promise<void> {
  if (await passes(corner)) return;
  const end = corner.map((width) => Math.min(Math.max(width, hull.min), hull.max));
  let failing = 0;
  let passing = Math.max(...corner.map((width, layer) => Math.abs((end[layer] as number) - width)));
  const distance = passing;
  while (passing - failing > 1) {
    const middle = Math.floor((failing + passing) / 2);
    const widths = corner.map((width, layer) =>
      Math.round(width + (((end[layer] as number) - width) * middle) / distance),
    );
    if (await passes(widths)) passing = middle;
    else failing = middle;
  }
}

function distinct(corners: readonly number[][]): readonly number[][] {
  return [...new Map(corners.map((corner) => [corner.join(), corner])).values()];
}
