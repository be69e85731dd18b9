import type { Dim, Shape } from '../../onnx/dim.js';

/**
 * The target of a `Reshape` from `from` to `to`, as literal as possible: numbers, 0 for a symbolic
 * dimension that stays at its axis, and −1 for one remaining symbol.
 *
 * Literal targets let the runtime plan and fuse; if more than one symbol remains, they stay in the
 * target and have to be computed.
 */
export function reshapeTarget(from: Shape, to: Shape): readonly Dim[] {
  const target = to.map((dim, axis) => (typeof dim === 'string' && from[axis] === dim ? 0 : dim));
  const symbolic = target.filter((dim) => typeof dim === 'string');
  return symbolic.length === 1 ? target.map((dim) => (typeof dim === 'string' ? -1 : dim)) : target;
}

/**
 * The axes of size 1 of `large` that, inserted into `small`, make it `large`; undefined if there
 * are none such: `[a, b]` and `[a, 1, b]` → `[1]`.
 */
export function insertedAxes(small: Shape, large: Shape): readonly number[] | undefined {
  const inserted: number[] = [];
  let next = 0;
  for (const [axis, dim] of large.entries()) {
    if (next < small.length && small[next] === dim) next++;
    else if (dim === 1) inserted.push(axis);
    else return undefined;
  }
  return next === small.length ? inserted : undefined;
}
