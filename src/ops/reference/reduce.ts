import { reducedAxes, reducedShape, requireAxis, sizeOf } from '../shape-rules.js';
import { mapElements } from './elementwise.js';
import { transpose } from './layout.js';
import type { ReferenceTensor } from './tensor.js';

export function sum(
  x: ReferenceTensor,
  axes: readonly number[] | undefined,
  keepDims: boolean,
): ReferenceTensor {
  return reduce('sum', x, axes, keepDims, 0, (total, value) => total + value);
}

export function mean(
  x: ReferenceTensor,
  axes: readonly number[] | undefined,
  keepDims: boolean,
): ReferenceTensor {
  const total = reduce('mean', x, axes, keepDims, 0, (sum, value) => sum + value);
  const count = x.data.length / total.data.length;
  return mapElements(total, (value) => value / count);
}

export function max(
  x: ReferenceTensor,
  axes: readonly number[] | undefined,
  keepDims: boolean,
): ReferenceTensor {
  return reduce('max', x, axes, keepDims, -Infinity, Math.max);
}

/** Folds the rows of x after moving the reduced axes to the end. */
function reduce(
  operation: string,
  x: ReferenceTensor,
  axes: readonly number[] | undefined,
  keepDims: boolean,
  start: number,
  combine: (total: number, value: number) => number,
): ReferenceTensor {
  const reduced = reducedAxes(operation, x.shape, axes);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  const rows = transpose(x, [...kept, ...reduced]);
  const shape = reducedShape(x.shape, reduced, keepDims);
  const length = sizeOf(reduced.map((axis) => x.shape[axis] ?? 1));
  const data = new Float64Array(sizeOf(shape));
  for (let row = 0; row < data.length; row++) {
    let total = start;
    for (let i = row * length; i < (row + 1) * length; i++) {
      total = combine(total, rows.data[i] as number);
    }
    data[row] = total;
  }
  return { shape, data };
}

/** `x − max − log Σ exp(x − max)` over the last axis. */
export function logSoftmax(operation: string, x: ReferenceTensor): ReferenceTensor {
  return eachRow(operation, x, (row) => {
    const max = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const logSum = max + Math.log(row.reduce((total, value) => total + Math.exp(value - max), 0));
    return (value) => value - logSum;
  });
}

/** `(x − mean)/√(var + ε)` over the last axis. */
export function layerNorm(x: ReferenceTensor, epsilon: number): ReferenceTensor {
  return eachRow('layerNorm', x, (row) => {
    const average = row.reduce((total, value) => total + value, 0) / row.length;
    const variance = row.reduce((total, value) => total + (value - average) ** 2, 0) / row.length;
    const scale = 1 / Math.sqrt(variance + epsilon);
    return (value) => (value - average) * scale;
  });
}

/** Applies a function to each row along the last axis. */
function eachRow(
  operation: string,
  x: ReferenceTensor,
  mapOf: (row: Float64Array) => (value: number) => number,
): ReferenceTensor {
  requireAxis(operation, x.shape, x.shape.length - 1);
  const [width = 1] = x.shape.slice(-1);
  const data = Float64Array.from(x.data);
  for (let start = 0; start < data.length; start += width) {
    const row = data.subarray(start, start + width);
    const map = mapOf(row);
    row.forEach((value, index) => (row[index] = map(value)));
  }
  return { shape: x.shape, data };
}
