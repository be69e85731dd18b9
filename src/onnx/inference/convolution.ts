import { formatShape, multiplyDims, sameShape, type Dim, type Shape } from '../dim.js';
import { isFloat } from '../element-type.js';
import type { ValueFacts } from './facts.js';
import type { NodeReader } from './node-reader.js';
import type { Operator, OperatorTable } from './operator.js';

/** A batch of images, [N, C, H, W], with a floating-point type. */
function images(node: NodeReader): ValueFacts {
  const input = node.input(0);
  if (!isFloat(input.type) || input.shape.length !== 4) {
    node.fail(
      `expected floating-point images [N, C, H, W], got ${input.type} ${formatShape(input.shape)}`,
    );
  }
  return input;
}

/** Two sizes from an attribute, each at least 1. */
function pair(node: NodeReader, attribute: string): readonly [number, number] {
  const [first = 1, second = 1, ...more] = node.ints(attribute) ?? [];
  if (more.length > 0 || first < 1 || second < 1) {
    node.fail(`expected two sizes of at least 1 as ${attribute}`);
  }
  return [first, second];
}

/** Heights and widths after windows of a kernel have moved over padded images. */
function windowed(node: NodeReader, shape: Shape, kernel: readonly number[]): readonly Dim[] {
  const strides = pair(node, 'strides');
  const pads = node.ints('pads') ?? [0, 0, 0, 0];
  if (pads.length !== 4 || pads.some((amount) => amount < 0)) {
    node.fail(`expected four pads of at least 0, got [${pads.join(', ')}]`);
  }
  return kernel.map((size, axis) => {
    const side = node.dim(shape, 2 + axis);
    if (typeof side !== 'number') return node.fail(`expected sides of known length, got ${side}`);
    const padded = side + (pads[axis] as number) + (pads[axis + 2] as number);
    const count = Math.floor((padded - size) / (strides[axis] as number)) + 1;
    if (count < 1) {
      node.fail(`expected images of at least ${kernel.join('×')}, got ${formatShape(shape)}`);
    }
    return count;
  });
}

function conv(node: NodeReader): ValueFacts {
  const { type, shape } = images(node);
  const weight = node.input(1);
  const [outputs = 1, inputs = 1, ...kernel] = weight.shape;
  const group = node.int('group', 1);
  const got = `${weight.type} ${formatShape(weight.shape)} for ${formatShape(shape)}`;
  if (
    weight.type !== type ||
    weight.shape.length !== 4 ||
    multiplyDims(inputs, group) !== shape[1] ||
    (typeof outputs === 'number' && outputs % group !== 0) ||
    !kernel.every((size) => typeof size === 'number')
  ) {
    return node.fail(`expected a kernel [out, in, k, k] of the same type, got ${got}`);
  }
  if (!sameShape(pairOr(node, 'kernel_shape', kernel), kernel)) {
    node.fail(`expected kernel_shape as in the kernel, got ${got}`);
  }
  const bias = node.optionalInput(2);
  if (bias !== undefined && (bias.type !== type || !sameShape(bias.shape, [outputs]))) {
    node.fail(`expected a bias [${outputs}], got ${bias.type} ${formatShape(bias.shape)}`);
  }
  return { type, shape: [node.dim(shape, 0), outputs, ...windowed(node, shape, kernel)] };
}

function pairOr(node: NodeReader, attribute: string, fallback: readonly Dim[]): readonly Dim[] {
  return node.ints(attribute) === undefined ? fallback : pair(node, attribute);
}

const pool: Operator = {
  inputs: [1, 1],
  attributes: { kernel_shape: 'ints', strides: 'ints', pads: 'ints' },
  required: ['kernel_shape'],
  infer: (node) => {
    const { type, shape } = images(node);
    const sides = windowed(node, shape, pair(node, 'kernel_shape'));
    return { type, shape: [...shape.slice(0, 2), ...sides] };
  },
};

/** Operators on batches of images. */
export const CONVOLUTION: OperatorTable = {
  Conv: {
    inputs: [2, 3],
    attributes: { kernel_shape: 'ints', strides: 'ints', pads: 'ints', group: 'int' },
    infer: conv,
  },
  MaxPool: pool,
  AveragePool: pool,
  GlobalAveragePool: {
    inputs: [1, 1],
    infer: (node) => {
      const { type, shape } = images(node);
      return { type, shape: [...shape.slice(0, 2), 1, 1] };
    },
  },
  Flatten: {
    inputs: [1, 1],
    attributes: { axis: 'int' },
    infer: (node) => {
      const { type, shape } = node.input(0);
      const axis = node.int('axis', 1);
      const at = axis === shape.length ? axis : node.axis(axis, shape.length);
      return {
        type,
        shape: [multiplyDims(...shape.slice(0, at)), multiplyDims(...shape.slice(at))],
      };
    },
  },
};
