import { formatShape, sameShape, type Shape } from '../dim.js';
import { isFloat } from '../element-type.js';
import type { ValueFacts } from './facts.js';
import type { NodeReader } from './node-reader.js';
import type { Operator, OperatorTable } from './operator.js';

function floatInput(node: NodeReader): ValueFacts {
  const input = node.input(0);
  if (!isFloat(input.type)) node.fail(`expected a floating-point input, got ${input.type}`);
  return input;
}

function reducedShape(shape: Shape, axes: ReadonlySet<number>, keepDims: boolean): Shape {
  return keepDims
    ? shape.map((dim, axis) => (axes.has(axis) ? 1 : dim))
    : shape.filter((_, axis) => !axes.has(axis));
}

function reduce(node: NodeReader, axes: readonly number[] | undefined): ValueFacts {
  const { type, shape } = floatInput(node);
  const all = [...shape.keys()];
  const reduced = node.axes(axes === undefined || axes.length === 0 ? all : axes, shape.length);
  return { type, shape: reducedShape(shape, reduced, node.int('keepdims', 1) !== 0) };
}

const alongAxis: Operator = {
  inputs: [1, 1],
  attributes: { axis: 'int' },
  infer: (node) => {
    const { type, shape } = floatInput(node);
    node.axis(node.int('axis', -1), shape.length);
    return { type, shape };
  },
};

/** Operators that reduce or normalise along axes. */
export const REDUCTION: OperatorTable = {
  ReduceSum: {
    inputs: [1, 2],
    attributes: { keepdims: 'int' },
    infer: (node) =>
      reduce(node, node.optionalInput(1) === undefined ? undefined : node.integers(1)),
  },
  // Its axes become an input only in operator set 18, which we do not write.
  ReduceMean: {
    inputs: [1, 1],
    attributes: { axes: 'ints', keepdims: 'int' },
    infer: (node) => reduce(node, node.ints('axes')),
  },
  ReduceMax: {
    inputs: [1, 1],
    attributes: { axes: 'ints', keepdims: 'int' },
    infer: (node) => reduce(node, node.ints('axes')),
  },
  Softmax: alongAxis,
  LogSoftmax: alongAxis,
  ArgMax: {
    inputs: [1, 1],
    attributes: { axis: 'int', keepdims: 'int' },
    infer: (node) => {
      const { shape } = floatInput(node);
      const axes = new Set([node.axis(node.int('axis', 0), shape.length)]);
      return { type: 'int64', shape: reducedShape(shape, axes, node.int('keepdims', 1) !== 0) };
    },
  },
  LayerNormalization: {
    inputs: [2, 3],
    attributes: { axis: 'int', epsilon: 'float' },
    since: 17,
    infer: (node) => {
      const { type, shape } = floatInput(node);
      const normalised = shape.slice(node.axis(node.int('axis', -1), shape.length));
      for (const parameter of node.inputs.slice(1)) {
        if (parameter.type !== type || !sameShape(parameter.shape, normalised)) {
          node.fail(
            `expected scale and bias ${type} ${formatShape(normalised)}, got ` +
              `${parameter.type} ${formatShape(parameter.shape)}`,
          );
        }
      }
      return { type, shape };
    },
  },
};
