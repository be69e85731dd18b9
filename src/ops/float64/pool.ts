import type { ReferenceTensor } from '../reference/tensor.js';
import type { ConcreteShape } from '../shape-rules.js';

/**
 * `maxPool`, row by row of the images.
 *
 * @param x - [..., h, w]
 * @param shape - of the result, [..., h', w']
 */
export function poolLargest(x: ReferenceTensor, size: number, shape: ConcreteShape): Float64Array {
  const [height = 1, width = 1] = x.shape.slice(-2);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const { data } = x;
  const images = data.length / (height * width);
  const result = new Float64Array(images * rows * columns);
  let to = 0;
  for (let image = 0; image < images; image++) {
    for (let i = 0; i < rows; i++) {
      const start = (image * height + i * size) * width;
      for (let j = 0; j < columns; j++, to++) {
        let largest = data[start + j * size] as number;
        for (let u = 0; u < size; u++) {
          const from = start + u * width + j * size;
          for (let at = from; at < from + size; at++) {
            const value = data[at] as number;
            // Not `<`: a number that is no number stays.
            if (!(value <= largest)) largest = value;
          }
        }
        result[to] = largest;
      }
    }
  }
  return result;
}
