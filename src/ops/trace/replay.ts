import { ensure, WeightspringError } from '../../errors.js';
import type { TensorOps } from '../tensor-ops.js';
import { BoundDims } from './bound-dims.js';
import {
  reachable,
  type Expression,
  type ExpressionNode,
  type ExpressionOp,
  type InputsOf,
} from './expression.js';

/** The inputs of an operation as values of an interpreter. */
type Values<P extends ExpressionOp, T> = EachAs<InputsOf[P], T>;
type EachAs<List, T> = { readonly [I in keyof List]: T };

type Evaluations = {
  readonly [P in ExpressionOp]: <T>(
    ops: TensorOps<T>,
    inputs: Values<P, T>,
    node: ExpressionNode<P>,
    dims: BoundDims,
  ) => T;
};

const EVALUATIONS: Evaluations = {
  input: (_, __, { attributes: { name } }) => {
    throw new WeightspringError('invalid-argument', `replay expects a value for input "${name}"`);
  },
  constant: (ops, _, { attributes: { values, shape } }) => ops.constant(values, shape),
  exp: (ops, [x]) => ops.exp(x),
  log: (ops, [x]) => ops.log(x),
  sqrt: (ops, [x]) => ops.sqrt(x),
  sin: (ops, [x]) => ops.sin(x),
  cos: (ops, [x]) => ops.cos(x),
  tanh: (ops, [x]) => ops.tanh(x),
  erf: (ops, [x]) => ops.erf(x),
  atan: (ops, [x]) => ops.atan(x),
  step: (ops, [x]) => ops.step(x),
  add: (ops, [a, b]) => ops.add(a, b),
  sub: (ops, [a, b]) => ops.sub(a, b),
  mul: (ops, [a, b]) => ops.mul(a, b),
  div: (ops, [a, b]) => ops.div(a, b),
  maximum: (ops, [a, b]) => ops.maximum(a, b),
  sum: (ops, [x], { attributes: { axes, keepDims } }) => ops.sum(x, axes, keepDims),
  mean: (ops, [x], { attributes: { axes, keepDims } }) => ops.mean(x, axes, keepDims),
  max: (ops, [x], { attributes: { axes, keepDims } }) => ops.max(x, axes, keepDims),
  count: (ops, [x], { attributes: { axes } }) => ops.count(x, axes),
  softmax: (ops, [x]) => ops.softmax(x),
  logSoftmax: (ops, [x]) => ops.logSoftmax(x),
  layerNorm: (ops, [x], { attributes: { epsilon } }) => ops.layerNorm(x, epsilon),
  matMul: (ops, [a, b]) => ops.matMul(a, b),
  conv2d: (ops, [x, filters]) => ops.conv2d(x, filters),
  maxPool: (ops, [x], { attributes: { size } }) => ops.maxPool(x, size),
  transpose: (ops, [x], { attributes: { permutation } }) => ops.transpose(x, permutation),
  reshape: (ops, [x], { shape }, dims) => ops.reshape(x, dims.shape(shape)),
  broadcastTo: (ops, [x], { shape }, dims) => ops.broadcastTo(x, dims.shape(shape)),
  concat: (ops, xs, { attributes: { axis } }) => ops.concat(xs, axis),
  slice: (ops, [x], { attributes: { axis, start, size } }, dims) =>
    ops.slice(x, axis, dims.dim(start), dims.dim(size)),
  pad: (ops, [x], { attributes: { axis, before, after } }, dims) =>
    ops.pad(x, axis, dims.dim(before), dims.dim(after)),
};

/**
 * Evaluates recorded expressions in any interpreter on demand, each operation once.
 *
 * @throws WeightspringError `invalid-argument` for an unbound input that is needed,
 *   `shape-mismatch` for a value that does not fit the recorded shape
 */
export class Replay<T> {
  readonly #ops: TensorOps<T>;
  readonly #values: Map<Expression, T>;
  readonly #dims: BoundDims;

  /**
   * @param bindings - values of inputs, or of other expressions to use instead of computing them;
   * their shapes determine the symbolic dimensions
   */
  constructor(ops: TensorOps<T>, bindings: ReadonlyMap<Expression, T>) {
    this.#ops = ops;
    this.#values = new Map(bindings);
    this.#dims = new BoundDims(
      [...bindings].map(([{ shape: recorded }, value]) => ({ recorded, actual: ops.shape(value) })),
    );
  }

  value(expression: Expression): T {
    for (const node of reachable([expression], this.#values)) {
      if (!this.#values.has(node)) this.#values.set(node, this.#evaluate(node));
    }
    return this.#known(expression);
  }

  #evaluate<P extends ExpressionOp>(node: ExpressionNode<P>): T {
    const inputs = node.inputs.map((input) => this.#known(input)) as Values<P, T>;
    return EVALUATIONS[node.op](this.#ops, inputs, node, this.#dims);
  }

  #known(x: Expression): T {
    const value = this.#values.get(x);
    ensure(value !== undefined, 'internal', () => `${x.op} is used before it is computed`);
    return value;
  }
}

/** The values of `expressions`, in order: see {@link Replay}. */
export function replay<T>(
  expressions: readonly Expression[],
  ops: TensorOps<T>,
  bindings: ReadonlyMap<Expression, T>,
): T[] {
  const evaluation = new Replay(ops, bindings);
  return expressions.map((expression) => evaluation.value(expression));
}
