import { ReferenceOps, type ReferenceTensor } from '../../src/ops/reference-ops.js';
import { layoutOf } from '../support/point-of.js';
import type { Point } from './tiny-network.js';

const ops = new ReferenceOps();

/** The point with hidden layer l in the order `orders[l]`; inputs, outputs and log scale stay. */
export function permuteHidden(point: Point, orders: readonly (readonly number[])[]): Point {
  const { neurons, tensors } = layoutOf(point);
  const hidden = neurons.filter(({ isFixed }) => !isFixed);
  const orderOf = new Map(hidden.map(({ name }, layer) => [name, orders[layer]]));
  return point.map((x, index) => {
    const { from, to } = tensors[index]!;
    if (from === null) return gather(x, 1, orderOf.get(to));
    return gather(gather(x, 1, orderOf.get(from)), 2, orderOf.get(to));
  });
}

/** Orders of the hidden layers, none of them the identity unless there is one neuron only. */
export function rotations(layers: readonly number[]): readonly (readonly number[])[] {
  return layers
    .slice(1, -1)
    .map((width, index) => Array.from({ length: width }, (_, i) => (i + 1 + index) % width));
}

function gather(
  x: ReferenceTensor,
  axis: number,
  order: readonly number[] | undefined,
): ReferenceTensor {
  if (order === undefined) return x;
  return ops.concat(
    order.map((from) => ops.slice(x, axis, from, 1)),
    axis,
  );
}

/** The largest difference between elements in the same place. */
export function largestDifference(
  a: readonly { readonly data: ArrayLike<number> }[],
  b: readonly { readonly data: ArrayLike<number> }[],
): number {
  if (a.length !== b.length) throw new Error(`${a.length} tensors against ${b.length}`);
  const differences = a.flatMap(({ data }, index) => {
    const other = b[index]!.data;
    if (data.length !== other.length) throw new Error(`tensor ${index} has another size`);
    return Array.from(data, (value, i) => Math.abs(value - other[i]!));
  });
  // NaN would get lost in comparisons.
  return differences.every((difference) => !Number.isNaN(difference))
    ? Math.max(...differences)
    : Number.NaN;
}
