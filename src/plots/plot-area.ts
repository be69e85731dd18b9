import type { Axis } from './axis.js';

/** The plotting rectangle in pixels and the map from values to pixels. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

export function plotArea(
  box: Pick<PlotArea, 'left' | 'right' | 'top' | 'bottom'>,
  x: Axis,
  y: Axis,
): PlotArea {
  return {
    ...box,
    x: (value) => box.left + x.fraction(value) * (box.right - box.left),
    y: (value) => box.bottom - y.fraction(value) * (box.bottom - box.top),
  };
}
