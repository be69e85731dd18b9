import { conv2dShape, pooledShape, sizeOf } from '../shape-rules.js';
import { broadcastTo } from './layout.js';
import type { ReferenceTensor } from './tensor.js';

/** `[…, n, c, h, w] × […, o, c, k, l] → […, n, o, h − k + 1, w − l + 1]`. */
export function conv2d(x: ReferenceTensor, filters: ReferenceTensor): ReferenceTensor {
  const shape = conv2dShape(x.shape, filters.shape);
  const lead = shape.slice(0, -4);
  const [n = 0, o = 0, rows = 0, columns = 0] = shape.slice(-4);
  const [c = 0, h = 0, w = 0] = x.shape.slice(-3);
  const [k = 0, l = 0] = filters.shape.slice(-2);
  const images = broadcastTo(x, [...lead, n, c, h, w]).data;
  const weights = broadcastTo(filters, [...lead, o, c, k, l]).data;
  const data = new Float64Array(sizeOf(shape));
  let at = 0;
  for (let batch = 0; batch < sizeOf(lead) * n; batch++) {
    const network = Math.floor(batch / n);
    for (let out = 0; out < o; out++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++, at++) {
          let sum = 0;
          for (let channel = 0; channel < c; channel++) {
            for (let u = 0; u < k; u++) {
              const from = ((batch * c + channel) * h + i + u) * w + j;
              const by = (((network * o + out) * c + channel) * k + u) * l;
              for (let v = 0; v < l; v++) {
                sum += (images[from + v] as number) * (weights[by + v] as number);
              }
            }
          }
          data[at] = sum;
        }
      }
    }
  }
  return { shape, data };
}

/** `[…, h, w] → […, ⌊h / size⌋, ⌊w / size⌋]`. */
export function maxPool(x: ReferenceTensor, size: number): ReferenceTensor {
  const shape = pooledShape(x.shape, size);
  const [rows = 0, columns = 0] = shape.slice(-2);
  const [h = 0, w = 0] = x.shape.slice(-2);
  const data = new Float64Array(sizeOf(shape));
  let at = 0;
  for (let image = 0; image < sizeOf(shape.slice(0, -2)); image++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++, at++) {
        let largest = -Infinity;
        for (let u = 0; u < size; u++) {
          const from = (image * h + i * size + u) * w + j * size;
          for (let v = 0; v < size; v++) largest = Math.max(largest, x.data[from + v] as number);
        }
        data[at] = largest;
      }
    }
  }
  return { shape, data };
}
