import { element, formatCoordinate } from './markup.js';

/** A filled mark of about `radius` pixels; series differ in shape as well as colour. */
export function markerShape(
  index: number,
  x: number,
  y: number,
  radius: number,
  attributes: Readonly<Record<string, string | number>>,
): string {
  const corners = SHAPES[index % SHAPES.length];
  if (corners === undefined || corners.length === 0) {
    return element('circle', { cx: x, cy: y, r: radius, ...attributes });
  }
  const points = corners
    .map(([dx, dy]) => `${formatCoordinate(x + dx * radius)},${formatCoordinate(y + dy * radius)}`)
    .join(' ');
  return element('polygon', { points, ...attributes });
}

type Corners = readonly (readonly [number, number])[];

/** Circle (no corners), square, triangle, diamond: corners in radii, of about equal area. */
const SHAPES: readonly Corners[] = [
  [],
  [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  [
    [0, -1.3],
    [1.15, 0.8],
    [-1.15, 0.8],
  ],
  [
    [0, -1.3],
    [1.3, 0],
    [0, 1.3],
    [-1.3, 0],
  ],
];
