import { erf } from './erf.js';
import type { Dim, Shape } from '../onnx/dim.js';
import { mapElements, zipElements } from './reference/elementwise.js';
import * as images from './reference/images.js';
import * as layout from './reference/layout.js';
import { matMul } from './reference/mat-mul.js';
import { layerNorm, logSoftmax, max, mean, sum } from './reference/reduce.js';
import { tensor, type ReferenceTensor } from './reference/tensor.js';
import { reducedAxes, sizeOf } from './shape-rules.js';
import type { TensorOps } from './tensor-ops.js';

export { scalarValue, tensor, type ReferenceTensor } from './reference/tensor.js';

/**
 * Computes in float64 on plain arrays: the oracle that the other interpreters and all gradients
 * are tested against. Clear rather than fast.
 *
 * @throws WeightspringError `shape-mismatch` naming the operation, `invalid-argument` for a
 * symbolic dimension
 *
 * @example
 * const ops = new ReferenceOps();
 * ops.matMul(tensor([1, 2], [1, 2]), tensor([3, 4], [2, 1])).data; // [11]
 */
export class ReferenceOps implements TensorOps<ReferenceTensor> {
  shape(x: ReferenceTensor): readonly number[] {
    return x.shape;
  }

  constant(values: number | ArrayLike<number>, shape?: readonly number[]): ReferenceTensor {
    return tensor(values, shape);
  }

  exp(x: ReferenceTensor): ReferenceTensor {
    return mapElements(x, Math.exp);
  }

  log(x: ReferenceTensor): ReferenceTensor {
    return mapElements(x, Math.log);
  }

  sqrt(x: ReferenceTensor): ReferenceTensor {
    return mapElements(x, Math.sqrt);
  }

  sin(x: ReferenceTensor): ReferenceTensor {
    return mapElements(x, Math.sin);
  }

  cos(x: ReferenceTensor): ReferenceTensor {
    return mapElements(x, Math.cos);
  }

  tanh(x: ReferenceTensor): ReferenceTensor {
    return mapElements(x, Math.tanh);
  }

  erf(x: ReferenceTensor): ReferenceTensor {
    return mapElements(x, erf);
  }

  atan(x: ReferenceTensor): ReferenceTensor {
    return mapElements(x, Math.atan);
  }

  step(x: ReferenceTensor): ReferenceTensor {
    return mapElements(x, (value) => (value > 0 ? 1 : 0));
  }

  add(a: ReferenceTensor, b: ReferenceTensor): ReferenceTensor {
    return zipElements('add', a, b, (x, y) => x + y);
  }

  sub(a: ReferenceTensor, b: ReferenceTensor): ReferenceTensor {
    return zipElements('sub', a, b, (x, y) => x - y);
  }

  mul(a: ReferenceTensor, b: ReferenceTensor): ReferenceTensor {
    return zipElements('mul', a, b, (x, y) => x * y);
  }

  div(a: ReferenceTensor, b: ReferenceTensor): ReferenceTensor {
    return zipElements('div', a, b, (x, y) => x / y);
  }

  maximum(a: ReferenceTensor, b: ReferenceTensor): ReferenceTensor {
    return zipElements('maximum', a, b, Math.max);
  }

  sum(x: ReferenceTensor, axes?: readonly number[], keepDims = false): ReferenceTensor {
    return sum(x, axes, keepDims);
  }

  mean(x: ReferenceTensor, axes?: readonly number[], keepDims = false): ReferenceTensor {
    return mean(x, axes, keepDims);
  }

  max(x: ReferenceTensor, axes?: readonly number[], keepDims = false): ReferenceTensor {
    return max(x, axes, keepDims);
  }

  count(x: ReferenceTensor, axes: readonly number[]): ReferenceTensor {
    return tensor(sizeOf(reducedAxes('count', x.shape, axes).map((axis) => x.shape[axis] ?? 1)));
  }

  softmax(x: ReferenceTensor): ReferenceTensor {
    return mapElements(logSoftmax('softmax', x), Math.exp);
  }

  logSoftmax(x: ReferenceTensor): ReferenceTensor {
    return logSoftmax('logSoftmax', x);
  }

  layerNorm(x: ReferenceTensor, epsilon: number): ReferenceTensor {
    return layerNorm(x, epsilon);
  }

  matMul(a: ReferenceTensor, b: ReferenceTensor): ReferenceTensor {
    return matMul(a, b);
  }

  conv2d(x: ReferenceTensor, filters: ReferenceTensor): ReferenceTensor {
    return images.conv2d(x, filters);
  }

  maxPool(x: ReferenceTensor, size: number): ReferenceTensor {
    return images.maxPool(x, size);
  }

  transpose(x: ReferenceTensor, permutation: readonly number[]): ReferenceTensor {
    return layout.transpose(x, permutation);
  }

  reshape(x: ReferenceTensor, shape: Shape): ReferenceTensor {
    return layout.reshape(x, shape);
  }

  broadcastTo(x: ReferenceTensor, shape: Shape): ReferenceTensor {
    return layout.broadcastTo(x, shape);
  }

  concat(xs: readonly ReferenceTensor[], axis: number): ReferenceTensor {
    return layout.concat(xs, axis);
  }

  slice(x: ReferenceTensor, axis: number, start: Dim, size: Dim): ReferenceTensor {
    return layout.slice(x, axis, start, size);
  }

  pad(x: ReferenceTensor, axis: number, before: Dim, after: Dim): ReferenceTensor {
    return layout.pad(x, axis, before, after);
  }
}
