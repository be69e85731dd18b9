import type { Tensor } from '@tensorflow/tfjs-core';
import type { Dim, Shape } from '../onnx/dim.js';
import { convolutionByProducts, cropToTiles } from './composites/windows.js';
import {
  binaryShape,
  broadcastShape,
  concatenatedShape,
  concreteDim,
  constantShape,
  conv2dShape,
  pooledShape,
  reducedAxes,
  reducedShape,
  requireAxis,
  reshapedShape,
  sizeOf,
  slicedShape,
  transposedShape,
  type ConcreteShape,
} from './shape-rules.js';
import type { TensorOps } from './tensor-ops.js';
import { broadcast } from './tfjs/broadcast.js';
import { matMul, registerMatMul } from './tfjs/mat-mul.js';
import { maxOver } from './tfjs/max.js';
import type { TensorFlow } from './tfjs/tensor-flow.js';

export type { TensorFlow };

/**
 * Computes eagerly on TensorFlow.js in float32; every primitive can be differentiated by the
 * library's gradient functions.
 *
 * Results belong to the caller: run it inside `tf.tidy`, or dispose them. Importing this file does
 * not load TensorFlow.js; the caller passes the module, with a backend that is ready.
 *
 * @throws WeightspringError `shape-mismatch` naming the operation, `invalid-argument` for a
 * symbolic dimension
 */
export class TfjsOps implements TensorOps<Tensor> {
  readonly #tf: TensorFlow;

  /** @param tf - the module; computes on its current backend */
  constructor(tf: TensorFlow) {
    this.#tf = tf;
    registerMatMul(tf);
  }

  shape(x: Tensor): readonly number[] {
    return x.shape;
  }

  constant(values: number | ArrayLike<number>, shape?: readonly number[]): Tensor {
    const data = typeof values === 'number' ? [values] : Float32Array.from(values);
    return this.#tf.tensor(data, [...constantShape(values, shape)], 'float32');
  }

  exp(x: Tensor): Tensor {
    return this.#tf.exp(x);
  }

  log(x: Tensor): Tensor {
    return this.#tf.log(x);
  }

  sqrt(x: Tensor): Tensor {
    return this.#tf.sqrt(x);
  }

  sin(x: Tensor): Tensor {
    return this.#tf.sin(x);
  }

  cos(x: Tensor): Tensor {
    return this.#tf.cos(x);
  }

  tanh(x: Tensor): Tensor {
    return this.#tf.tanh(x);
  }

  erf(x: Tensor): Tensor {
    return this.#tf.erf(x);
  }

  atan(x: Tensor): Tensor {
    return this.#tf.atan(x);
  }

  step(x: Tensor): Tensor {
    return this.#tf.step(x);
  }

  add(a: Tensor, b: Tensor): Tensor {
    binaryShape('add', a.shape, b.shape);
    return this.#tf.add(a, b);
  }

  sub(a: Tensor, b: Tensor): Tensor {
    binaryShape('sub', a.shape, b.shape);
    return this.#tf.sub(a, b);
  }

  mul(a: Tensor, b: Tensor): Tensor {
    binaryShape('mul', a.shape, b.shape);
    return this.#tf.mul(a, b);
  }

  div(a: Tensor, b: Tensor): Tensor {
    binaryShape('div', a.shape, b.shape);
    return this.#tf.div(a, b);
  }

  maximum(a: Tensor, b: Tensor): Tensor {
    // The library's gradient of maximum does not reduce over broadcast axes.
    const shape = binaryShape('maximum', a.shape, b.shape);
    return this.#tf.maximum(broadcast(this.#tf, b, shape), broadcast(this.#tf, a, shape));
  }

  sum(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
    const reduced = reducedAxes('sum', x.shape, axes);
    return reduced.length === 0 ? x.clone() : this.#tf.sum(x, [...reduced], keepDims);
  }

  mean(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
    const reduced = reducedAxes('mean', x.shape, axes);
    return reduced.length === 0 ? x.clone() : this.#tf.mean(x, [...reduced], keepDims);
  }

  max(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
    const reduced = reducedAxes('max', x.shape, axes);
    if (reduced.length === 0) return x.clone();
    const shape = reducedShape(x.shape, reduced, keepDims);
    return this.#tf.reshape(maxOver(this.#tf, x, reduced), [...shape]);
  }

  count(x: Tensor, axes: readonly number[]): Tensor {
    const counted = reducedAxes('count', x.shape, axes);
    return this.constant(sizeOf(counted.map((axis) => x.shape[axis] ?? 1)));
  }

  softmax(x: Tensor): Tensor {
    requireAxis('softmax', x.shape, x.rank - 1);
    return this.#tf.softmax(x);
  }

  logSoftmax(x: Tensor): Tensor {
    requireAxis('logSoftmax', x.shape, x.rank - 1);
    return this.#tf.logSoftmax(x);
  }

  layerNorm(x: Tensor, epsilon: number): Tensor {
    requireAxis('layerNorm', x.shape, x.rank - 1);
    const { mean, variance } = this.#tf.moments(x, -1, true);
    return this.#tf.div(this.#tf.sub(x, mean), this.#tf.sqrt(this.#tf.add(variance, epsilon)));
  }

  matMul(a: Tensor, b: Tensor): Tensor {
    return matMul(this.#tf, a, b);
  }

  conv2d(x: Tensor, filters: Tensor): Tensor {
    conv2dShape(x.shape, filters.shape);
    return convolutionByProducts<Tensor>(this, x, filters);
  }

  maxPool(x: Tensor, size: number): Tensor {
    const shape = pooledShape(x.shape, size);
    const [rows = 1, columns = 1] = shape.slice(-2);
    const images = this.reshape(x, [sizeOf(x.shape.slice(0, -2)), ...x.shape.slice(-2)]);
    const cropped = cropToTiles<Tensor>(this, images, size);
    const tiles = this.reshape(cropped, [sizeOf(x.shape.slice(0, -2)), rows, size, columns, size]);
    return this.reshape(this.max(tiles, [2, 4]), shape);
  }

  transpose(x: Tensor, permutation: readonly number[]): Tensor {
    transposedShape(x.shape, permutation);
    return this.#tf.transpose(x, [...permutation]);
  }

  reshape(x: Tensor, shape: Shape): Tensor {
    return this.#tf.reshape(x, [...reshapedShape(x.shape, shape)]);
  }

  broadcastTo(x: Tensor, shape: Shape): Tensor {
    return broadcast(this.#tf, x, broadcastShape(x.shape, shape));
  }

  concat(xs: readonly Tensor[], axis: number): Tensor {
    concatenatedShape(
      xs.map((x) => x.shape),
      axis,
    );
    return this.#tf.concat([...xs], axis);
  }

  slice(x: Tensor, axis: number, start: Dim, size: Dim): Tensor {
    const from = concreteDim('slice', start);
    const shape = slicedShape(x.shape, axis, from, concreteDim('slice', size));
    return this.#tf.slice(x, [...along(x.shape, axis, from)], [...shape]);
  }

  pad(x: Tensor, axis: number, before: Dim, after: Dim): Tensor {
    requireAxis('pad', x.shape, axis);
    const befores = along(x.shape, axis, concreteDim('pad', before));
    const afters = along(x.shape, axis, concreteDim('pad', after));
    return this.#tf.pad(
      x,
      befores.map((amount, i) => [amount, afters[i] ?? 0]),
    );
  }
}

/** `value` at `axis`, 0 at every other axis. */
function along(shape: ConcreteShape, axis: number, value: number): ConcreteShape {
  return shape.map((_, i) => (i === axis ? value : 0));
}
