import { ensure } from '../../errors.js';
import { formatShape, multiplyDims, sameShape, type Dim, type Shape } from '../../onnx/dim.js';
import type { TensorOps } from '../tensor-ops.js';
import type { Expression } from './expression.js';
import { ExpressionTable } from './expression-table.js';
import * as simplify from './simplify.js';
import * as shapes from '../symbolic-shapes.js';

type UnaryOp = 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'tanh' | 'erf' | 'atan' | 'step';
type BinaryOp = 'add' | 'sub' | 'mul' | 'div' | 'maximum';

/**
 * The interpreter that records a computation as expressions, with shapes inferred symbolically,
 * equal sub-expressions shared and trivial operations removed.
 *
 * `replay` evaluates what was recorded in any other interpreter; `differentiate` continues the
 * recording with the gradient.
 *
 * @throws WeightspringError `shape-mismatch` naming the operation
 *
 * @example
 * const ops = new Tracer();
 * const x = ops.input('x', ['batch', 3]);
 * const loss = ops.mean(ops.mul(x, x));
 * const [gradient] = differentiate(ops, loss, [x]); // 2x / (3·batch)
 */
export class Tracer implements TensorOps<Expression> {
  readonly #table = new ExpressionTable();
  readonly #inputs = new Map<string, Expression>();

  /**
   * A named input, bound when the recording is replayed.
   *
   * @throws WeightspringError `shape-mismatch` if the name is already used with another shape
   */
  input(name: string, shape: Shape): Expression {
    const known = this.#inputs.get(name);
    ensure(
      known === undefined || sameShape(known.shape, shape),
      'shape-mismatch',
      () =>
        `input "${name}" was recorded with shape ${formatShape(known?.shape ?? [])}, now ` +
        `${formatShape(shape)}: use one shape, or two names`,
    );
    const input = known ?? this.#table.node('input', [], { name }, shape);
    this.#inputs.set(name, input);
    return input;
  }

  shape(x: Expression): Shape {
    return x.shape;
  }

  constant(values: number | ArrayLike<number>, shape?: readonly number[]): Expression {
    const list = typeof values === 'number' ? Float64Array.of(values) : Float64Array.from(values);
    const full = shape ?? (typeof values === 'number' ? [] : [list.length]);
    ensure(
      multiplyDims(...full) === list.length,
      'shape-mismatch',
      () => `constant expects the values of shape ${formatShape(full)}, got ${list.length}`,
    );
    return this.#table.node('constant', [], { values: list, shape: full }, full);
  }

  exp(x: Expression): Expression {
    return this.#unary('exp', x);
  }

  log(x: Expression): Expression {
    return this.#unary('log', x);
  }

  sqrt(x: Expression): Expression {
    return this.#unary('sqrt', x);
  }

  sin(x: Expression): Expression {
    return this.#unary('sin', x);
  }

  cos(x: Expression): Expression {
    return this.#unary('cos', x);
  }

  tanh(x: Expression): Expression {
    return this.#unary('tanh', x);
  }

  erf(x: Expression): Expression {
    return this.#unary('erf', x);
  }

  atan(x: Expression): Expression {
    return this.#unary('atan', x);
  }

  step(x: Expression): Expression {
    return this.#unary('step', x);
  }

  add(a: Expression, b: Expression): Expression {
    return this.#binary('add', a, b, simplify.simplerAdd);
  }

  sub(a: Expression, b: Expression): Expression {
    return this.#binary('sub', a, b, simplify.simplerSub);
  }

  mul(a: Expression, b: Expression): Expression {
    return this.#binary('mul', a, b, simplify.simplerMul);
  }

  div(a: Expression, b: Expression): Expression {
    return this.#binary('div', a, b, simplify.simplerDiv);
  }

  maximum(a: Expression, b: Expression): Expression {
    return this.#binary('maximum', a, b);
  }

  sum(x: Expression, axes?: readonly number[], keepDims = false): Expression {
    const reduced = shapes.checkedAxes('sum', x.shape, axes);
    const shape = shapes.reducedShape(x.shape, reduced, keepDims);
    return (
      simplify.simplerSum(this, x, reduced, keepDims, shape) ??
      this.#table.node('sum', [x], { axes: reduced, keepDims }, shape)
    );
  }

  mean(x: Expression, axes?: readonly number[], keepDims = false): Expression {
    const reduced = shapes.checkedAxes('mean', x.shape, axes);
    const shape = shapes.reducedShape(x.shape, reduced, keepDims);
    if (reduced.every((axis) => x.shape[axis] === 1)) return this.reshape(x, shape);
    return this.#table.node('mean', [x], { axes: reduced, keepDims }, shape);
  }

  max(x: Expression, axes?: readonly number[], keepDims = false): Expression {
    const reduced = shapes.checkedAxes('max', x.shape, axes);
    const shape = shapes.reducedShape(x.shape, reduced, keepDims);
    if (reduced.every((axis) => x.shape[axis] === 1)) return this.reshape(x, shape);
    return this.#table.node('max', [x], { axes: reduced, keepDims }, shape);
  }

  count(x: Expression, axes: readonly number[]): Expression {
    const counted = shapes.checkedAxes('count', x.shape, axes);
    const total = multiplyDims(...counted.map((axis) => shapes.dimAt('count', x.shape, axis)));
    if (typeof total === 'number') return this.constant(total);
    return this.#table.node('count', [x], { axes: counted }, []);
  }

  softmax(x: Expression): Expression {
    shapes.dimAt('softmax', x.shape, x.shape.length - 1);
    return this.#table.node('softmax', [x], {}, x.shape);
  }

  logSoftmax(x: Expression): Expression {
    shapes.dimAt('logSoftmax', x.shape, x.shape.length - 1);
    return this.#table.node('logSoftmax', [x], {}, x.shape);
  }

  layerNorm(x: Expression, epsilon: number): Expression {
    shapes.dimAt('layerNorm', x.shape, x.shape.length - 1);
    return this.#table.node('layerNorm', [x], { epsilon }, x.shape);
  }

  matMul(a: Expression, b: Expression): Expression {
    return this.#table.node('matMul', [a, b], {}, shapes.matMulShape(a.shape, b.shape));
  }

  conv2d(x: Expression, filters: Expression): Expression {
    const shape = shapes.conv2dShape(x.shape, filters.shape);
    return this.#table.node('conv2d', [x, filters], {}, shape);
  }

  maxPool(x: Expression, size: number): Expression {
    return this.#table.node('maxPool', [x], { size }, shapes.pooledShape(x.shape, size));
  }

  transpose(x: Expression, permutation: readonly number[]): Expression {
    const shape = shapes.transposedShape(x.shape, permutation);
    return (
      simplify.simplerTranspose(this, x, permutation) ??
      this.#table.node('transpose', [x], { permutation: [...permutation] }, shape)
    );
  }

  reshape(x: Expression, shape: Shape): Expression {
    shapes.checkReshape(x.shape, shape);
    return (
      simplify.simplerReshape(this, x, shape) ?? this.#table.node('reshape', [x], {}, [...shape])
    );
  }

  broadcastTo(x: Expression, shape: Shape): Expression {
    shapes.checkBroadcast(x.shape, shape);
    return (
      simplify.simplerBroadcast(this, x, shape) ??
      this.#table.node('broadcastTo', [x], {}, [...shape])
    );
  }

  concat(xs: readonly Expression[], axis: number): Expression {
    const shape = shapes.concatenatedShape(
      xs.map((x) => x.shape),
      axis,
    );
    const [first] = xs;
    if (first !== undefined && xs.length === 1) return first;
    return this.#table.node('concat', [...xs], { axis }, shape);
  }

  slice(x: Expression, axis: number, start: Dim, size: Dim): Expression {
    const shape = shapes.slicedShape(x.shape, axis, start, size);
    if (simplify.isWhole(x, axis, start, size)) return x;
    return this.#table.node('slice', [x], { axis, start, size }, shape);
  }

  pad(x: Expression, axis: number, before: Dim, after: Dim): Expression {
    const shape = shapes.paddedShape(x.shape, axis, before, after);
    if (before === 0 && after === 0) return x;
    return this.#table.node('pad', [x], { axis, before, after }, shape);
  }

  #unary(op: UnaryOp, x: Expression): Expression {
    return this.#table.node(op, [x], {}, x.shape);
  }

  #binary(
    op: BinaryOp,
    left: Expression,
    right: Expression,
    simpler: (
      ops: TensorOps<Expression>,
      operands: readonly [Expression, Expression],
      shape: Shape,
    ) => Expression | undefined = () => undefined,
  ): Expression {
    const shape = shapes.binaryShape(op, left.shape, right.shape);
    const operands = simplify.withoutBroadcasts([left, right], shape);
    return (
      simpler(this, operands, shape) ??
      this.#table.node(op, simplify.withFullRank(this, operands, shape), {}, shape)
    );
  }
}
