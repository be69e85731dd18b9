import { multiplyDims, type Dim, type Shape } from '../../onnx/dim.js';

/** A shape around axes in its middle: what stands before, along and behind them. */
export interface MiddleAxes {
  readonly before: Shape;
  /** Number of elements along the axes. */
  readonly along: Dim;
  readonly behind: Shape;
}

/**
 * Splits a shape at neighbouring axes that include neither the first nor the last, or undefined
 * where they do: `[b, m, n, d]` at axis 1 → `[b]`, m, `[n, d]`.
 */
export function middleAxes(shape: Shape, axes: readonly number[]): MiddleAxes | undefined {
  const first = Math.min(...axes);
  const end = Math.max(...axes) + 1;
  if (first < 1 || end >= shape.length || end - first !== axes.length) return undefined;
  return {
    before: shape.slice(0, first),
    along: multiplyDims(...shape.slice(first, end)),
    behind: shape.slice(end),
  };
}
