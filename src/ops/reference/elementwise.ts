import { sameShape } from '../../onnx/dim.js';
import { binaryShape } from '../shape-rules.js';
import { broadcastTo } from './layout.js';
import type { ReferenceTensor } from './tensor.js';

export function mapElements(x: ReferenceTensor, f: (value: number) => number): ReferenceTensor {
  const { shape, data } = x;
  const result = new Float64Array(data.length);
  // `map` of typed arrays takes three times as long.
  for (let i = 0; i < data.length; i++) result[i] = f(data[i] as number);
  return { shape, data: result };
}

/** `f(a, b)` element by element after broadcasting both to their common shape. */
export function zipElements(
  operation: string,
  a: ReferenceTensor,
  b: ReferenceTensor,
  f: (a: number, b: number) => number,
): ReferenceTensor {
  const shape = binaryShape(operation, a.shape, b.shape);
  const left = sameShape(a.shape, shape) ? a.data : broadcastTo(a, shape).data;
  const right = sameShape(b.shape, shape) ? b.data : broadcastTo(b, shape).data;
  return { shape, data: left.map((value, index) => f(value, right[index] as number)) };
}
