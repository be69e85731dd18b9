import { matMulShape, sizeOf } from '../shape-rules.js';
import { broadcastTo } from './layout.js';
import type { ReferenceTensor } from './tensor.js';

/** `[…, m, k] × […, k, n] → […, m, n]`; reads the rows of b, and so memory, in order. */
export function matMul(a: ReferenceTensor, b: ReferenceTensor): ReferenceTensor {
  const shape = matMulShape(a.shape, b.shape);
  const batch = shape.slice(0, -2);
  const [m = 0, n = 0] = shape.slice(-2);
  const [k = 0] = a.shape.slice(-1);
  const left = broadcastTo(a, [...batch, m, k]).data;
  const right = broadcastTo(b, [...batch, k, n]).data;
  const data = new Float64Array(sizeOf(shape));
  for (let index = 0; index < sizeOf(batch); index++) {
    for (let i = 0; i < m; i++) {
      const row = data.subarray((index * m + i) * n, (index * m + i + 1) * n);
      for (let l = 0; l < k; l++) {
        const factor = left[(index * m + i) * k + l] as number;
        const offset = (index * k + l) * n;
        for (let j = 0; j < n; j++) {
          row[j] = (row[j] as number) + factor * (right[offset + j] as number);
        }
      }
    }
  }
  return { shape, data };
}
