import { addDims, differenceOfDims, multiplyDims, type Dim, type Shape } from '../../onnx/dim.js';
import type { Primitive, TensorOps } from '../tensor-ops.js';
import { numberOf, type Expression, type ExpressionNode } from '../trace/expression.js';
import { transposedMatrix, unscaled } from '../trace/simplify.js';
import { filterCotangent, imageCotangent, maxPoolCotangent } from './image-rules.js';
import { dimAt, reducedShape } from '../symbolic-shapes.js';

type Ops = TensorOps<Expression>;

/**
 * The vector–Jacobian product of one operation: the cotangent of input number `input`, given that
 * of the output, in terms of the same primitives. It may have the broadcast shape of the output:
 * the caller reduces it to the input's. `undefined` means that the derivative is 0 everywhere.
 */
type VjpRule<P extends Primitive> = (
  ops: Ops,
  node: ExpressionNode<P>,
  cotangent: Expression,
  input: number,
) => Expression | undefined;

/** A primitive without a rule does not compile. */
export type VjpRules = { readonly [P in Primitive]: VjpRule<P> };

export const VJP_RULES: VjpRules = {
  constant: () => undefined,
  step: () => undefined,
  count: () => undefined,

  exp: (ops, node, g) => ops.mul(g, node),
  log: (ops, { inputs: [x] }, g) => ops.div(g, x),
  sqrt: (ops, node, g) => ops.div(ops.mul(g, ops.constant(0.5)), node),
  sin: (ops, { inputs: [x] }, g) => ops.mul(g, ops.cos(x)),
  cos: (ops, { inputs: [x] }, g) => negative(ops, ops.mul(g, ops.sin(x))),
  tanh: (ops, node, g) => ops.mul(g, ops.sub(ops.constant(1), ops.mul(node, node))),
  erf: (ops, { inputs: [x] }, g) => {
    const bell = ops.exp(negative(ops, ops.mul(x, x)));
    return ops.mul(g, ops.mul(bell, ops.constant(2 / Math.sqrt(Math.PI))));
  },
  atan: (ops, { inputs: [x] }, g) => ops.div(g, ops.add(ops.mul(x, x), ops.constant(1))),

  add: (_, __, g) => g,
  sub: (ops, _, g, input) => (input === 0 ? g : negative(ops, g)),
  mul: (ops, { inputs: [a, b] }, g, input) => ops.mul(g, input === 0 ? b : a),
  div: (ops, node, g, input) => {
    const byA = ops.div(g, node.inputs[1]);
    return input === 0 ? byA : negative(ops, ops.mul(byA, node));
  },
  // For equal inputs the derivative is not unique; b gets it, so that max(x, 0) is flat at 0.
  maximum: (ops, { inputs: [a, b] }, g, input) => {
    const aIsLarger = ops.step(ops.sub(a, b));
    return ops.mul(g, input === 0 ? aIsLarger : ops.sub(ops.constant(1), aIsLarger));
  },

  sum: (ops, { inputs: [x], attributes: { axes } }, g) =>
    ops.broadcastTo(ops.reshape(g, reducedShape(x.shape, axes, true)), x.shape),
  mean: (ops, { inputs: [x], attributes: { axes } }, g) => {
    const count = ops.count(x, axes);
    const known = numberOf(count);
    const share = known === undefined ? ops.div(g, count) : ops.mul(g, ops.constant(1 / known));
    return ops.broadcastTo(ops.reshape(share, reducedShape(x.shape, axes, true)), x.shape);
  },
  max: (ops, node, g) => {
    const { axes } = node.attributes;
    const [x] = node.inputs;
    const kept = reducedShape(x.shape, axes, true);
    const isLargest = ops.sub(ops.constant(1), ops.step(ops.sub(ops.reshape(node, kept), x)));
    const share = ops.div(ops.reshape(g, kept), ops.sum(isLargest, axes, true));
    return ops.mul(isLargest, share);
  },

  softmax: (ops, node, g) =>
    ops.mul(node, ops.sub(g, ops.sum(ops.mul(g, node), [lastAxis(node.shape)], true))),
  logSoftmax: (ops, node, g) =>
    ops.sub(g, ops.mul(ops.exp(node), ops.sum(g, [lastAxis(node.shape)], true))),
  layerNorm: (ops, node, g) => {
    const {
      inputs: [x],
      attributes: { epsilon },
    } = node;
    const mean = (values: Expression): Expression => ops.mean(values, [lastAxis(node.shape)], true);
    const centred = ops.sub(x, mean(x));
    const variance = ops.add(mean(ops.mul(centred, centred)), ops.constant(epsilon));
    const tangent = ops.sub(ops.sub(g, mean(g)), ops.mul(node, mean(ops.mul(g, node))));
    return ops.div(tangent, ops.sqrt(variance));
  },

  matMul: (ops, { inputs: [a, b] }, g, input) => {
    if (input === 0) return ops.matMul(g, transposedMatrix(ops, b));
    return isOneMatrix(b) ? sharedMatrix(ops, a, b, g) : ops.matMul(transposedMatrix(ops, a), g);
  },

  conv2d: (ops, { inputs: [x, filters] }, g, input) =>
    input === 0 ? imageCotangent(ops, filters, g) : filterCotangent(ops, x, g),
  maxPool: maxPoolCotangent,

  transpose: (ops, { attributes: { permutation } }, g) =>
    ops.transpose(
      g,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  reshape: (ops, { inputs: [x] }, g) => ops.reshape(g, x.shape),
  broadcastTo: (_, __, g) => g,
  concat: (ops, { inputs, attributes: { axis } }, g, input) => {
    const size = (x: Expression): Dim => dimAt('concat', x.shape, axis);
    const [part] = inputs.slice(input, input + 1);
    const start = addDims(...inputs.slice(0, input).map(size));
    return part && ops.slice(g, axis, start, size(part));
  },
  slice: (ops, { inputs: [x], attributes: { axis, start, size } }, g) => {
    const after = differenceOfDims(dimAt('slice', x.shape, axis), addDims(start, size));
    return ops.pad(g, axis, start, after);
  },
  pad: (ops, { inputs: [x], attributes: { axis, before } }, g) =>
    ops.slice(g, axis, before, dimAt('pad', x.shape, axis)),
};

function negative(ops: Ops, x: Expression): Expression {
  return ops.mul(x, ops.constant(-1));
}

function lastAxis(shape: Shape): number {
  return shape.length - 1;
}

function isOneMatrix(x: Expression): boolean {
  return x.shape.slice(0, -2).every((dim) => dim === 1);
}

/** Largest matrix for which a gradient per batch element is worth its memory. */
const SMALL_MATRIX = 64 * 64;

/**
 * The cotangent of a matrix that multiplied every row of `a`, `[k, rows] × [rows, n]`.
 *
 * Usually one product over all leading axes: a product per leading index would need memory for the
 * gradient of each before summing. But for a small matrix and many rows (the edges between two
 * layers, [batch, h, h', d]) that product uses only one core, so its gradients are computed per
 * batch element and summed: twice as fast on onnxruntime at [64, 1024, 32]ᵀ × [64, 1024, 64].
 */
function sharedMatrix(ops: Ops, a: Expression, b: Expression, g: Expression): Expression {
  const [k, n] = [
    dimAt('matMul', a.shape, lastAxis(a.shape)),
    dimAt('matMul', g.shape, lastAxis(g.shape)),
  ];
  const elements = multiplyDims(k, n);
  const perBatch = a.shape.length > 3 && typeof elements === 'number' && elements <= SMALL_MATRIX;
  const kept = perBatch ? 1 : 0;
  const rows = (x: Expression, width: Dim): Expression => {
    const leading = x.shape.slice(0, -1);
    return ops.reshape(x, [...leading.slice(0, kept), multiplyDims(...leading.slice(kept)), width]);
  };
  // Constant factors are applied to the small result instead of to all rows.
  const [left, right] = [unscaled(a), unscaled(g)];
  const product = ops.matMul(transposedMatrix(ops, rows(left.value, k)), rows(right.value, n));
  const sum = perBatch ? ops.sum(product, [0]) : product;
  return ops.reshape(ops.mul(sum, ops.constant(left.scale * right.scale)), b.shape);
}
