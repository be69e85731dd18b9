import { formatShape, sameShape, type Dim, type Shape } from '../dim.js';
import { broadcastShapes } from '../dim-algebra.js';
import { isFloat } from '../element-type.js';
import type { ValueFacts } from './facts.js';
import type { NodeReader } from './node-reader.js';
import type { OperatorTable } from './operator.js';

function floatPair(node: NodeReader): readonly [ValueFacts, ValueFacts] {
  const pair = [node.input(0), node.input(1)] as const;
  const [a, b] = pair;
  if (a.type !== b.type || !isFloat(a.type)) {
    node.fail(`expected two inputs of one floating-point type, got ${a.type} and ${b.type}`);
  }
  return pair;
}

/** Rows and columns: the last two dimensions, swapped for a transposed operand. */
function matrixDims(node: NodeReader, shape: Shape, transposed: boolean): readonly [Dim, Dim] {
  const rows = node.dim(shape, shape.length - 2);
  const columns = node.dim(shape, shape.length - 1);
  return transposed ? [columns, rows] : [rows, columns];
}

/** Operators that multiply matrices. */
export const LINEAR: OperatorTable = {
  MatMul: {
    inputs: [2, 2],
    infer: (node) => {
      const [a, b] = floatPair(node);
      const got = `${formatShape(a.shape)} and ${formatShape(b.shape)}`;
      if (Math.min(a.shape.length, b.shape.length) < 2) {
        node.fail(`expected ranks of at least 2, got ${got}`);
      }
      const [m, k] = matrixDims(node, a.shape, false);
      const [k2, n] = matrixDims(node, b.shape, false);
      const leading = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
      if (k !== k2 || leading === undefined) {
        return node.fail(`expected […, m, k] and […, k, n], got ${got}`);
      }
      return { type: a.type, shape: [...leading, m, n] };
    },
  },

  Gemm: {
    inputs: [2, 3],
    attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' },
    infer: (node) => {
      const [a, b] = floatPair(node);
      const got = `${formatShape(a.shape)} and ${formatShape(b.shape)}`;
      if (a.shape.length !== 2 || b.shape.length !== 2) {
        node.fail(`expected two matrices, got ${got}`);
      }
      const [m, k] = matrixDims(node, a.shape, node.int('transA', 0) !== 0);
      const [k2, n] = matrixDims(node, b.shape, node.int('transB', 0) !== 0);
      if (k !== k2) node.fail(`expected equal inner dimensions, got ${got}`);
      const bias = node.optionalInput(2);
      const shape = [m, n];
      if (bias !== undefined) {
        const joined = broadcastShapes(shape, bias.shape);
        if (bias.type !== a.type || joined === undefined || !sameShape(joined, shape)) {
          node.fail(
            `expected a bias that broadcasts to ${formatShape(shape)}, got ` +
              `${bias.type} ${formatShape(bias.shape)}`,
          );
        }
      }
      return { type: a.type, shape };
    },
  },
};
