import type { Dim, Shape } from '../../onnx/dim.js';
import {
  axisLayout,
  broadcastShape,
  concatenatedShape,
  concreteDim,
  reshapedShape,
  requireAxis,
  sizeOf,
  slicedShape,
  transposedShape,
  type ConcreteShape,
} from '../shape-rules.js';
import { zeros, type ReferenceTensor } from './tensor.js';

export function transpose(x: ReferenceTensor, permutation: readonly number[]): ReferenceTensor {
  const shape = transposedShape(x.shape, permutation);
  const strides = rowMajorStrides(x.shape);
  return gather(
    x,
    shape,
    permutation.map((axis) => strides[axis] ?? 0),
  );
}

export function broadcastTo(x: ReferenceTensor, target: Shape): ReferenceTensor {
  const shape = broadcastShape(x.shape, target);
  const strides = rowMajorStrides(x.shape).map((stride, axis) =>
    x.shape[axis] === 1 ? 0 : stride,
  );
  const newAxes = new Array<number>(shape.length - x.shape.length).fill(0);
  return gather(x, shape, [...newAxes, ...strides]);
}

export function reshape(x: ReferenceTensor, target: Shape): ReferenceTensor {
  return { shape: reshapedShape(x.shape, target), data: x.data };
}

export function concat(xs: readonly ReferenceTensor[], axis: number): ReferenceTensor {
  const shape = concatenatedShape(
    xs.map((x) => x.shape),
    axis,
  );
  const { outer, size, inner } = axisLayout(shape, axis);
  const data = new Float64Array(sizeOf(shape));
  let start = 0;
  for (const x of xs) {
    const block = axisLayout(x.shape, axis).size * inner;
    for (let o = 0; o < outer; o++) {
      data.set(x.data.subarray(o * block, (o + 1) * block), o * size * inner + start);
    }
    start += block;
  }
  return { shape, data };
}

export function slice(x: ReferenceTensor, axis: number, start: Dim, size: Dim): ReferenceTensor {
  const from = concreteDim('slice', start);
  const shape = slicedShape(x.shape, axis, from, concreteDim('slice', size));
  const source = axisLayout(x.shape, axis);
  const block = axisLayout(shape, axis).size * source.inner;
  const data = new Float64Array(sizeOf(shape));
  for (let o = 0; o < source.outer; o++) {
    const offset = (o * source.size + from) * source.inner;
    data.set(x.data.subarray(offset, offset + block), o * block);
  }
  return { shape, data };
}

export function pad(x: ReferenceTensor, axis: number, before: Dim, after: Dim): ReferenceTensor {
  requireAxis('pad', x.shape, axis);
  const border = (size: Dim): ReferenceTensor =>
    zeros(x.shape.with(axis, concreteDim('pad', size)));
  return concat([border(before), x, border(after)], axis);
}

/** The distance in memory between neighbours along each axis. */
function rowMajorStrides(shape: ConcreteShape): readonly number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** The contiguous copy of a strided view: `out[i, j, …] = x.data[i·s_0 + j·s_1 + …]`. */
function gather(
  x: ReferenceTensor,
  shape: ConcreteShape,
  strides: readonly number[],
): ReferenceTensor {
  const data = new Float64Array(sizeOf(shape));
  if (shape.length === 0) return { shape, data: x.data };
  const rank = shape.length;
  const index = new Int32Array(rank);
  const [inner = 0] = shape.slice(-1);
  const [innerStride = 0] = strides.slice(-1);
  for (let start = 0; start < data.length; start += inner) {
    let offset = 0;
    for (let axis = 0; axis < rank - 1; axis++) {
      offset += (index[axis] as number) * (strides[axis] as number);
    }
    for (let i = 0; i < inner; i++) data[start + i] = x.data[offset + i * innerStride] as number;
    advance(index, shape, rank - 2);
  }
  return { shape, data };
}

/** The next multi-index in row-major order, counting from `axis` down. */
function advance(index: Int32Array, shape: ConcreteShape, axis: number): void {
  for (; axis >= 0; axis--) {
    const next = (index[axis] as number) + 1;
    if (next < (shape[axis] as number)) {
      index[axis] = next;
      return;
    }
    index[axis] = 0;
  }
}
