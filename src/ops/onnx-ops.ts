import { ensure } from '../errors.js';
import {
  addDims,
  formatShape,
  multiplyDims,
  sameShape,
  type Dim,
  type Shape,
} from '../onnx/dim.js';
import { ELEMENT_TYPES } from '../onnx/element-type.js';
import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { AttributeValue } from '../onnx/graph.js';
import { DimValues } from './onnx/dim-values.js';
import { GraphRecorder, type OnnxValue } from './onnx/graph-recorder.js';
import { groupedConvolution } from './onnx/grouped-convolution.js';
import { innerAxes } from './onnx/inner-axes.js';
import { insertedAxes, reshapeTarget } from './onnx/reshape-target.js';
import { TransposedMatrix } from './onnx/transposed-matrix.js';
import { constantShape, sizeOf } from './shape-rules.js';
import * as shapes from './symbolic-shapes.js';
import type { TensorOps } from './tensor-ops.js';

export type { OnnxValue };

const TO_THE_END = 2n ** 63n - 1n;
/** Most elements that a processor computes at once: 512 bits of float32. */
const LARGEST_PACKET = 16;

/**
 * The interpreter that records a computation as an ONNX graph, float32, operator set 17.
 *
 * Dimensions may be symbolic. If a symbol is needed as a value (to reshape, expand, slice or
 * count), the graph reads it at run time from an input that has it as a dimension.
 *
 * @example
 * const graph = new GraphBuilder({ name: 'scaled' });
 * const ops = new OnnxOps(graph);
 * const x = ops.input('x', ['batch', 3]);
 * const w = ops.parameter('w', new Float32Array(12), [3, 4]);
 * ops.output('y', ops.matMul(x, w));
 * const bytes = encodeModel(graph.build());
 */
export class OnnxOps implements TensorOps<OnnxValue> {
  readonly #recorder: GraphRecorder;
  readonly #dims: DimValues;

  constructor(graph: GraphBuilder) {
    this.#recorder = new GraphRecorder(graph);
    this.#dims = new DimValues(this.#recorder);
  }

  /** A float32 input of the graph. */
  input(name: string, shape: Shape): OnnxValue {
    const value = this.#recorder.input({ name, type: 'float32', shape });
    this.#dims.addSource(value);
    return value;
  }

  /** A named float32 initialiser of the graph, row-major. */
  parameter(name: string, data: Float32Array, shape: readonly number[]): OnnxValue {
    ensure(
      sizeOf(shape) === data.length,
      'shape-mismatch',
      () =>
        `parameter "${name}" expects ${sizeOf(shape)} values for shape ${formatShape(shape)}, ` +
        `got ${data.length}`,
    );
    return this.#recorder.initializer({ name, type: 'float32', shape, data });
  }

  /** Declares a value as an output of the graph. */
  output(name: string, value: OnnxValue): void {
    this.#recorder.output(name, value);
  }

  shape(x: OnnxValue): Shape {
    return x.shape;
  }

  constant(values: number | ArrayLike<number>, shape?: readonly number[]): OnnxValue {
    const list = typeof values === 'number' ? [values] : values;
    return this.#recorder.floats(list, constantShape(values, shape));
  }

  exp(x: OnnxValue): OnnxValue {
    return this.#recorder.emit('Exp', [x]);
  }

  log(x: OnnxValue): OnnxValue {
    return this.#recorder.emit('Log', [x]);
  }

  sqrt(x: OnnxValue): OnnxValue {
    return this.#recorder.emit('Sqrt', [x]);
  }

  sin(x: OnnxValue): OnnxValue {
    return this.#inWholePackets('Sin', x);
  }

  cos(x: OnnxValue): OnnxValue {
    return this.#inWholePackets('Cos', x);
  }

  tanh(x: OnnxValue): OnnxValue {
    return this.#recorder.emit('Tanh', [x]);
  }

  erf(x: OnnxValue): OnnxValue {
    return this.#recorder.emit('Erf', [x]);
  }

  atan(x: OnnxValue): OnnxValue {
    return this.#inWholePackets('Atan', x);
  }

  step(x: OnnxValue): OnnxValue {
    const positive = this.#recorder.emit('Greater', [x, this.constant(0)]);
    return this.#recorder.emit('Cast', [positive], { to: int(ELEMENT_TYPES.float32.code) });
  }

  add(a: OnnxValue, b: OnnxValue): OnnxValue {
    return this.#recorder.emit('Add', [a, b]);
  }

  sub(a: OnnxValue, b: OnnxValue): OnnxValue {
    return this.#recorder.emit('Sub', [a, b]);
  }

  mul(a: OnnxValue, b: OnnxValue): OnnxValue {
    return this.#recorder.emit('Mul', [a, b]);
  }

  div(a: OnnxValue, b: OnnxValue): OnnxValue {
    return this.#recorder.emit('Div', [a, b]);
  }

  maximum(a: OnnxValue, b: OnnxValue): OnnxValue {
    return this.#recorder.emit('Max', [a, b]);
  }

  sum(x: OnnxValue, axes?: readonly number[], keepDims = false): OnnxValue {
    const summed = shapes.checkedAxes('sum', x.shape, axes);
    if (summed.length === 0) return x;
    return (
      this.#sumAsProduct(x, summed, keepDims) ??
      this.#recorder.emit('ReduceSum', [x, this.#recorder.ints(summed)], {
        keepdims: int(keepDims ? 1 : 0),
      })
    );
  }

  mean(x: OnnxValue, axes?: readonly number[], keepDims = false): OnnxValue {
    const averaged = shapes.checkedAxes('mean', x.shape, axes);
    if (averaged.length === 0) return x;
    const sum = this.#sumAsProduct(x, averaged, keepDims);
    if (sum !== undefined) return this.div(sum, this.count(x, averaged));
    return this.#recorder.emit('ReduceMean', [x], {
      axes: ints(averaged),
      keepdims: int(keepDims ? 1 : 0),
    });
  }

  max(x: OnnxValue, axes?: readonly number[], keepDims = false): OnnxValue {
    const compared = shapes.checkedAxes('max', x.shape, axes);
    if (compared.length === 0) return x;
    return this.#recorder.emit('ReduceMax', [x], {
      axes: ints(compared),
      keepdims: int(keepDims ? 1 : 0),
    });
  }

  count(x: OnnxValue, axes: readonly number[]): OnnxValue {
    const total = multiplyDims(...axes.map((axis) => shapes.dimAt('count', x.shape, axis)));
    return typeof total === 'number' ? this.constant(total) : this.#dims.float(total);
  }

  softmax(x: OnnxValue): OnnxValue {
    return this.#recorder.emit('Softmax', [x], { axis: int(-1) });
  }

  logSoftmax(x: OnnxValue): OnnxValue {
    return this.#recorder.emit('LogSoftmax', [x], { axis: int(-1) });
  }

  layerNorm(x: OnnxValue, epsilon: number): OnnxValue {
    const axis = x.shape.length - 1;
    const scale = this.broadcastTo(this.constant([1]), [shapes.dimAt('layerNorm', x.shape, axis)]);
    return this.#recorder.emit('LayerNormalization', [x, scale], {
      axis: int(-1),
      epsilon: { kind: 'float', value: epsilon },
    });
  }

  matMul(a: OnnxValue, b: OnnxValue): OnnxValue {
    const isProductOfMatrices = a.shape.length === 2 && b.shape.length === 2;
    const [transA, transB] = [a, b].map((x) => x instanceof TransposedMatrix);
    if (!isProductOfMatrices || !(transA || transB)) return this.#recorder.emit('MatMul', [a, b]);
    return this.#recorder.emit(
      'Gemm',
      [a, b].map((x) => (x instanceof TransposedMatrix ? x.matrix : x)),
      { transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0) },
    );
  }

  conv2d(x: OnnxValue, filters: OnnxValue): OnnxValue {
    shapes.conv2dShape(x.shape, filters.shape);
    return groupedConvolution(this, x, filters, (images, kernels, group) =>
      this.#recorder.emit('Conv', [images, kernels], { group: int(group) }),
    );
  }

  maxPool(x: OnnxValue, size: number): OnnxValue {
    const shape = shapes.pooledShape(x.shape, size);
    const [height = 1, width = 1] = x.shape.slice(-2);
    const images = this.reshape(x, [multiplyDims(...x.shape.slice(0, -2)), 1, height, width]);
    const sides = ints([size, size]);
    const pooled = this.#recorder.emit('MaxPool', [images], {
      kernel_shape: sides,
      strides: sides,
    });
    return this.reshape(pooled, shape);
  }

  transpose(x: OnnxValue, permutation: readonly number[]): OnnxValue {
    const shape = shapes.transposedShape(x.shape, permutation);
    if (permutation.every((axis, i) => axis === i)) return x;
    const emit = (): OnnxValue =>
      this.#recorder.emit('Transpose', [x], { perm: ints(permutation) });
    return shape.length === 2 ? new TransposedMatrix(x, shape, emit) : emit();
  }

  reshape(x: OnnxValue, shape: Shape): OnnxValue {
    if (sameShape(x.shape, shape)) return x;
    shapes.checkReshape(x.shape, shape);
    const target = reshapeTarget(x.shape, shape);
    if (target.some((dim) => typeof dim === 'string')) {
      const added = insertedAxes(x.shape, shape);
      if (added !== undefined) {
        return this.#recorder.emit('Unsqueeze', [x, this.#recorder.ints(added)]);
      }
      const removed = insertedAxes(shape, x.shape);
      if (removed !== undefined) {
        return this.#recorder.emit('Squeeze', [x, this.#recorder.ints(removed)]);
      }
    }
    return this.#recorder.emit('Reshape', [x, this.#dims.vector(target)]);
  }

  broadcastTo(x: OnnxValue, shape: Shape): OnnxValue {
    if (sameShape(x.shape, shape)) return x;
    shapes.checkBroadcast(x.shape, shape);
    // Expand broadcasts both ways: a 1 keeps what x has, so only new sizes need a value.
    const lead = shape.length - x.shape.length;
    const target = shape.map((dim, axis) => (x.shape[axis - lead] === dim ? 1 : dim));
    return this.#recorder.emit('Expand', [x, this.#dims.vector(target)]);
  }

  concat(xs: readonly OnnxValue[], axis: number): OnnxValue {
    shapes.concatenatedShape(
      xs.map(({ shape }) => shape),
      axis,
    );
    const [first, second] = xs as readonly [OnnxValue, OnnxValue?];
    return second === undefined ? first : this.#recorder.emit('Concat', xs, { axis: int(axis) });
  }

  slice(x: OnnxValue, axis: number, start: Dim, size: Dim): OnnxValue {
    shapes.slicedShape(x.shape, axis, start, size);
    const whole = x.shape[axis];
    if (start === 0 && size === whole) return x;
    const end = addDims(start, size);
    return this.#recorder.emit('Slice', [
      x,
      this.#dims.vector([start]),
      end === whole ? this.#recorder.ints([TO_THE_END]) : this.#dims.vector([end]),
      this.#recorder.ints([axis]),
    ]);
  }

  pad(x: OnnxValue, axis: number, before: Dim, after: Dim): OnnxValue {
    shapes.paddedShape(x.shape, axis, before, after);
    if (before === 0 && after === 0) return x;
    const along = (amount: Dim): Shape => x.shape.map((_, i) => (i === axis ? amount : 0));
    return this.#recorder.emit('Pad', [x, this.#dims.vector([...along(before), ...along(after)])]);
  }

  /**
   * The sum over adjacent axes as a product with a row of ones, or undefined if onnxruntime sums
   * them in an order that does not depend on the batch.
   *
   * onnxruntime drops axes of size 1 before it chooses how to sum: in a batch of one, middle axes
   * would come first and be summed in another order. It also sums the last axes in packets aligned
   * in memory; the alignment differs between the networks of a batch unless each has whole packets.
   */
  #sumAsProduct(x: OnnxValue, axes: readonly number[], keepDims: boolean): OnnxValue | undefined {
    const parts = typeof x.shape[0] === 'string' ? innerAxes(x.shape, axes) : undefined;
    if (parts === undefined) return undefined;
    const { before, along, behind } = parts;
    const isAligned = typeof along === 'number' && along % LARGEST_PACKET === 0;
    if (behind.length === 0 && isAligned) return undefined;
    const ones = this.broadcastTo(this.constant([1], [1, 1]), [1, along]);
    const matrices = this.reshape(x, [...before, along, multiplyDims(...behind)]);
    const kept = axes.map((): Dim => 1);
    return this.reshape(
      this.matMul(ones, matrices),
      keepDims ? [...before, ...kept, ...behind] : [...before, ...behind],
    );
  }

  /**
   * An element-wise function that onnxruntime computes in packets of elements, and one by one for
   * the remainder at the end of the tensor, with different last bits. Which elements remain depends
   * on the batch, so the tensor is padded to keep its elements out of the remainder.
   */
  #inWholePackets(opType: 'Sin' | 'Cos' | 'Atan', x: OnnxValue): OnnxValue {
    const [batch] = x.shape;
    if (typeof batch !== 'string') return this.#recorder.emit(opType, [x]);
    const longer = this.pad(x, 0, 0, LARGEST_PACKET - 1);
    return this.slice(this.#recorder.emit(opType, [longer]), 0, 0, batch);
  }
}

const int = (value: number): AttributeValue => ({ kind: 'int', value });
const ints = (value: readonly number[]): AttributeValue => ({ kind: 'ints', value });
