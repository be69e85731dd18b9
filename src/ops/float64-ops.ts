import { ensure } from '../errors.js';
import { formatShape } from '../onnx/dim.js';
import { mapElements } from './reference/elementwise.js';
import { ReferenceOps, type ReferenceTensor } from './reference-ops.js';

/** Rows that go through one layer together, so that a panel of W stays in cache. */
const ROW_BLOCK = 32;

/** {@link ReferenceOps}, faster where small classifiers spend their time. */
export class Float64Ops extends ReferenceOps {
  affine(
    x: ReferenceTensor,
    weight: ReferenceTensor,
    bias: ReferenceTensor,
  ): ReferenceTensor | undefined {
    if (x.shape.length !== 2 || weight.shape.length !== 2 || bias.shape.length !== 1) {
      return undefined;
    }
    const [rows = 0, fanIn = 0] = x.shape;
    const [inner = 0, fanOut = 0] = weight.shape;
    ensure(
      inner === fanIn && bias.shape[0] === fanOut,
      'shape-mismatch',
      () =>
        `affine: expected W [${fanIn}, n] and b [n], got ${formatShape(weight.shape)} and ${formatShape(bias.shape)}`,
    );
    return { shape: [rows, fanOut], data: affine(x.data, weight.data, bias.data, rows) };
  }

  map(x: ReferenceTensor, f: (value: number) => number): ReferenceTensor {
    return mapElements(x, f);
  }
}

/**
 * `x W + b`, the bias first.
 *
 * Four rows of W are applied per pass over an output row, which quarters the traffic on it.
 */
function affine(
  x: Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  rows: number,
): Float64Array {
  const fanOut = bias.length;
  const fanIn = weight.length / fanOut;
  const out = new Float64Array(rows * fanOut);
  for (let row = 0; row < rows; row++) out.set(bias, row * fanOut);
  const quadEnd = fanIn - (fanIn % 4);
  for (let start = 0; start < rows; start += ROW_BLOCK) {
    const end = Math.min(rows, start + ROW_BLOCK);
    for (let k = 0; k < quadEnd; k += 4) {
      const w0 = k * fanOut;
      const w1 = w0 + fanOut;
      const w2 = w1 + fanOut;
      const w3 = w2 + fanOut;
      for (let row = start; row < end; row++) {
        const at = row * fanIn + k;
        const x0 = x[at] as number;
        const x1 = x[at + 1] as number;
        const x2 = x[at + 2] as number;
        const x3 = x[at + 3] as number;
        const to = row * fanOut;
        for (let j = 0; j < fanOut; j++) {
          out[to + j] =
            (out[to + j] as number) +
            x0 * (weight[w0 + j] as number) +
            x1 * (weight[w1 + j] as number) +
            x2 * (weight[w2 + j] as number) +
            x3 * (weight[w3 + j] as number);
        }
      }
    }
    for (let k = quadEnd; k < fanIn; k++) {
      const w0 = k * fanOut;
      for (let row = start; row < end; row++) {
        const x0 = x[row * fanIn + k] as number;
        const to = row * fanOut;
        for (let j = 0; j < fanOut; j++) {
          out[to + j] = (out[to + j] as number) + x0 * (weight[w0 + j] as number);
        }
      }
    }
  }
  return out;
}
