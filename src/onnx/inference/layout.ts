import { addDims, formatShape, sameShape, type Dim, type Shape } from '../dim.js';
import { broadcastShapes, missingDim } from '../dim-algebra.js';
import { reshaped, shapeValue, type ValueFacts } from './facts.js';
import type { NodeReader } from './node-reader.js';
import type { OperatorTable } from './operator.js';

/** The target of `Reshape` with 0 (copy) and −1 (the remaining size) resolved. */
function resolveTarget(node: NodeReader, from: Shape, target: readonly Dim[]): Shape {
  const impossible = (): never =>
    node.fail(
      `expected a shape with the elements of ${formatShape(from)}, got ${formatShape(target)}`,
    );
  const copied = target.map((dim, axis) => (dim === 0 ? node.dim(from, axis) : dim));
  const known = copied.filter((dim) => dim !== -1);
  const missing = missingDim(from, known);
  if (missing === undefined || copied.length - known.length > 1) return impossible();
  if (known.length === copied.length && missing !== 1) return impossible();
  return copied.map((dim) => (dim === -1 ? missing : dim));
}

function concat(node: NodeReader): ValueFacts {
  const inputs = node.inputs;
  const { type, shape: first } = node.input(0);
  const axis = node.axis(node.int('axis', 0), first.length);
  const others = (shape: Shape): Shape => shape.filter((_, index) => index !== axis);
  for (const input of inputs) {
    if (
      input.type !== type ||
      input.shape.length !== first.length ||
      !sameShape(others(input.shape), others(first))
    ) {
      node.fail(
        `expected shapes equal but for axis ${axis}, got ` +
          inputs.map(({ shape }) => formatShape(shape)).join(', '),
      );
    }
  }
  const total = addDims(...inputs.map(({ shape }) => node.dim(shape, axis)));
  const shape = first.map((dim, index) => (index === axis ? total : dim));
  if (type !== 'int64' || shape.length !== 1) return { type, shape };
  const elements: Dim[] = [];
  for (const input of inputs) {
    if (input.elements === undefined) return { type, shape };
    elements.push(...input.elements);
  }
  return shapeValue(shape, elements);
}

function pad(node: NodeReader): ValueFacts {
  const { type, shape } = node.input(0);
  const mode = node.string('mode', 'constant');
  if (mode !== 'constant') node.fail(`expected mode constant, got ${mode}`);
  const pads = node.elements(1);
  const rank = shape.length;
  if (pads.length !== 2 * rank || pads.some((dim) => typeof dim === 'number' && dim < 0)) {
    node.fail(`expected ${2 * rank} pads of at least 0, got ${formatShape(pads)}`);
  }
  return {
    type,
    shape: shape.map((dim, axis) =>
      addDims(dim, node.dim(pads, axis), node.dim(pads, rank + axis)),
    ),
  };
}

function unsqueeze(node: NodeReader): ValueFacts {
  const input = node.input(0);
  const added = node.integers(1);
  const rank = input.shape.length + added.length;
  const axes = node.axes(added, rank);
  const rest = [...input.shape];
  const shape = Array.from({ length: rank }, (_, axis) =>
    axes.has(axis) ? 1 : node.dim(rest.splice(0, 1), 0),
  );
  return reshaped(input, shape);
}

function squeeze(node: NodeReader): ValueFacts {
  const input = node.input(0);
  const { shape } = input;
  const axes =
    node.optionalInput(1) === undefined
      ? new Set([...shape.keys()].filter((axis) => shape[axis] === 1))
      : node.axes(node.integers(1), shape.length);
  for (const axis of axes) {
    if (shape[axis] !== 1) node.fail(`expected size 1 on axis ${axis}, got ${formatShape(shape)}`);
  }
  return reshaped(
    input,
    shape.filter((_, axis) => !axes.has(axis)),
  );
}

/** Operators that move elements without changing them. */
export const LAYOUT: OperatorTable = {
  Transpose: {
    inputs: [1, 1],
    attributes: { perm: 'ints' },
    infer: (node) => {
      const { type, shape } = node.input(0);
      const order = node.ints('perm') ?? [...shape.keys()].reverse();
      if (node.axes(order, shape.length).size !== shape.length) {
        node.fail(`expected a permutation of ${shape.length} axes, got [${order.join(', ')}]`);
      }
      return { type, shape: order.map((axis) => node.dim(shape, axis)) };
    },
  },
  Reshape: {
    inputs: [2, 2],
    infer: (node) => {
      const input = node.input(0);
      return reshaped(input, resolveTarget(node, input.shape, node.elements(1)));
    },
  },
  Expand: {
    inputs: [2, 2],
    infer: (node) => {
      const { type, shape } = node.input(0);
      const target = node.elements(1);
      const expanded = broadcastShapes(shape, target);
      return {
        type,
        shape:
          expanded ??
          node.fail(
            `expected a shape that broadcasts with ${formatShape(shape)}, got ${formatShape(target)}`,
          ),
      };
    },
  },
  Concat: {
    inputs: [1, Infinity],
    attributes: { axis: 'int' },
    required: ['axis'],
    infer: concat,
  },
  Pad: { inputs: [2, 3], attributes: { mode: 'string' }, infer: pad },
  Unsqueeze: { inputs: [2, 2], infer: unsqueeze },
  Squeeze: { inputs: [1, 2], infer: squeeze },
};
