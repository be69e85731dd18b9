import { ensure } from '../errors.js';
import { formatShape } from '../onnx/dim.js';
import { affine } from './float64/affine.js';
import { convolve } from './float64/convolve.js';
import { poolLargest } from './float64/pool.js';
import { Float32Tensor } from './float64/float32-tensor.js';
import { mapElements } from './reference/elementwise.js';
import { ReferenceOps, type ReferenceTensor } from './reference-ops.js';
import { conv2dShape, pooledShape } from './shape-rules.js';

/** {@link ReferenceOps}, with the operations that dominate in small classifiers made faster. */
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
    const values = x instanceof Float32Tensor ? x.values : x.data;
    return { shape: [rows, fanOut], data: affine(values, weight.data, bias.data, rows) };
  }

  biasedConv2d(
    x: ReferenceTensor,
    filters: ReferenceTensor,
    bias: ReferenceTensor,
  ): ReferenceTensor | undefined {
    if (x.shape.length !== 4 || filters.shape.length !== 4 || bias.shape.length !== 1) {
      return undefined;
    }
    const shape = conv2dShape(x.shape, filters.shape);
    return { shape, data: convolve(x, filters, bias.data, shape) };
  }

  override maxPool(x: ReferenceTensor, size: number): ReferenceTensor {
    const shape = pooledShape(x.shape, size);
    return { shape, data: poolLargest(x, size, shape) };
  }

  map(x: ReferenceTensor, f: (value: number) => number): ReferenceTensor {
    return mapElements(x, f);
  }
}
