import { multiplyDims, type Dim, type Shape } from '../../onnx/dim.js';

/** A shape split at adjacent axes: the dimensions before, along and after them. */
export interface InnerAxes {
  readonly before: Shape;
  /** Number of elements along the axes. */
  readonly along: Dim;
  /** Empty if they are the last. */
  readonly behind: Shape;
}

/**
 * Splits a shape at adjacent axes; undefined if the axes include the first: `[b, m, n, d]` at axis
 * 1 → `[b]`, m, `[n, d]`.
 */
export function innerAxes(shape: Shape, axes: readonly number[]): InnerAxes | undefined {
  const first = Math.min(...axes);
  const end = Math.max(...axes) + 1;
  if (first < 1 || end - first !== axes.length) return undefined;
  return {
    before: shape.slice(0, first),
    along: multiplyDims(...shape.slice(first, end)),
    behind: shape.slice(end),
  };
}
