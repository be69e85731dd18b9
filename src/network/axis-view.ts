/** A tensor at its place in a flat vector, row-major. */
interface PlacedTensor {
  readonly shape: readonly number[];
  readonly offset: number;
}

/** A tensor seen from one of its axes: `[outer, size, inner]`. */
export interface AxisView {
  readonly offset: number;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** The view of a tensor from an axis. */
export function axisView({ shape, offset }: PlacedTensor, axis: number): AxisView {
  const product = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);
  return {
    offset,
    outer: product(shape.slice(0, axis)),
    size: shape[axis] ?? 1,
    inner: product(shape.slice(axis + 1)),
  };
}

/**
 * Calls `visit` with every position in the flat vector that has index `i` along an axis, in order;
 * never if the tensor has no such axis.
 */
export function eachPlace(
  tensor: PlacedTensor,
  axis: number | null,
  i: number,
  visit: (at: number) => void,
): void {
  if (axis === null) return;
  const { offset, outer, size, inner } = axisView(tensor, axis);
  for (let o = 0; o < outer; o++) {
    const start = offset + (o * size + i) * inner;
    for (let at = start; at < start + inner; at++) visit(at);
  }
}

/** The index along an axis of a position in the flat vector; 0 if there is no such axis. */
export function indexAlong(tensor: PlacedTensor, axis: number | null, at: number): number {
  if (axis === null) return 0;
  const { offset, size, inner } = axisView(tensor, axis);
  return Math.floor((at - offset) / inner) % size;
}
