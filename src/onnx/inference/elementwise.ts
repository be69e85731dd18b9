import {
  addDims,
  differenceOfDims,
  formatShape,
  multiplyDims,
  type Dim,
  type Shape,
} from '../dim.js';
import { broadcastShapes } from '../dim-algebra.js';
import { elementTypeOf, isFloat } from '../element-type.js';
import { combineElements, reshaped, shapeValue, type ValueFacts } from './facts.js';
import type { NodeReader } from './node-reader.js';
import type { Operator, OperatorTable } from './operator.js';

function broadcast(node: NodeReader, inputs: readonly ValueFacts[]): Shape {
  const shapes = inputs.map(({ shape }) => shape);
  return (
    broadcastShapes(...shapes) ??
    node.fail(`expected shapes that broadcast, got ${shapes.map(formatShape).join(' and ')}`)
  );
}

/** Two inputs of one numeric type. */
function numericPair(node: NodeReader): { a: ValueFacts; b: ValueFacts; shape: Shape } {
  const a = node.input(0);
  const b = node.input(1);
  if (a.type !== b.type || a.type === 'bool') {
    node.fail(`expected two inputs of one numeric type, got ${a.type} and ${b.type}`);
  }
  return { a, b, shape: broadcast(node, [a, b]) };
}

const floatFunction: Operator = {
  inputs: [1, 1],
  infer: (node) => {
    const { type, shape } = node.input(0);
    if (!isFloat(type)) node.fail(`expected a floating-point input, got ${type}`);
    return { type, shape };
  },
};

/** `combine` computes the elements of the result, for shape values. */
function arithmetic(combine?: (a: Dim, b: Dim) => Dim): Operator {
  return {
    inputs: [2, 2],
    infer: (node) => {
      const { a, b, shape } = numericPair(node);
      return a.type === 'int64' && shape.length <= 1 && combine !== undefined
        ? shapeValue(shape, combineElements(a.elements, b.elements, combine))
        : { type: a.type, shape };
    },
  };
}

/** Element-wise operators. */
export const ELEMENTWISE: OperatorTable = {
  Exp: floatFunction,
  Log: floatFunction,
  Sqrt: floatFunction,
  Sin: floatFunction,
  Cos: floatFunction,
  Tanh: floatFunction,
  Erf: floatFunction,
  Atan: floatFunction,
  Relu: floatFunction,
  Sigmoid: floatFunction,

  Add: arithmetic(addDims),
  Sub: arithmetic(differenceOfDims),
  Mul: arithmetic(multiplyDims),
  Div: arithmetic(),
  Max: arithmetic(),

  Greater: {
    inputs: [2, 2],
    infer: (node) => ({ type: 'bool', shape: numericPair(node).shape }),
  },

  Cast: {
    inputs: [1, 1],
    attributes: { to: 'int' },
    required: ['to'],
    infer: (node) => ({
      type: elementTypeOf(node.int('to', 0), 'Cast to'),
      shape: node.input(0).shape,
    }),
  },

  Identity: {
    inputs: [1, 1],
    infer: (node) => reshaped(node.input(0), node.input(0).shape),
  },
};
