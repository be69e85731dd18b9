import type { TensorOps } from '../tensor-ops.js';
import type { Expression, ExpressionNode } from '../trace/expression.js';
import { cropToTiles, spreadOverTiles, tileSums } from '../composites/windows.js';

type Ops = TensorOps<Expression>;

/**
 * The cotangent of the images of a convolution: that of the result, with zeros around, convolved with
 * the filters turned by 180°, inputs and outputs swapped.
 */
export function imageCotangent(ops: Ops, filters: Expression, g: Expression): Expression {
  const rank = g.shape.length;
  const [rows = 1, columns = 1] = filters.shape.slice(-2).map(Number);
  const around = ops.pad(
    ops.pad(g, rank - 2, rows - 1, rows - 1),
    rank - 1,
    columns - 1,
    columns - 1,
  );
  const turned = ops.matMul(reversal(ops, rows), ops.matMul(filters, reversal(ops, columns)));
  return ops.conv2d(around, withSwapped(ops, turned));
}

/** The cotangent of the filters: images convolved with the cotangent, summed over the batch. */
export function filterCotangent(ops: Ops, x: Expression, g: Expression): Expression {
  return withSwapped(ops, ops.conv2d(withSwapped(ops, x), withSwapped(ops, g)));
}

/** The cotangent of the largest element of each tile goes to it, or in equal parts to equal ones. */
export function maxPoolCotangent(
  ops: Ops,
  node: ExpressionNode<'maxPool'>,
  g: Expression,
): Expression {
  const {
    inputs: [x],
    attributes: { size },
  } = node;
  const [height = 1, width = 1] = x.shape.slice(-2).map(Number);
  const tiles = cropToTiles(ops, x, size);
  const isSmaller = ops.step(ops.sub(spreadOverTiles(ops, node, size), tiles));
  const equal = ops.sub(ops.constant(size * size), tileSums(ops, isSmaller, size));
  const share = spreadOverTiles(ops, ops.div(g, equal), size);
  const part = ops.sub(share, ops.mul(isSmaller, share));
  const rank = x.shape.length;
  const [rows = 1, columns = 1] = node.shape.slice(-2).map((side) => Number(side) * size);
  const cropped = ops.reshape(part, [...x.shape.slice(0, -2), rows, columns]);
  return ops.pad(ops.pad(cropped, rank - 2, 0, height - rows), rank - 1, 0, width - columns);
}

/** The matrix that reverses the order of n rows or columns. */
function reversal(ops: Ops, n: number): Expression {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + n - 1 - i] = 1;
  return ops.constant(matrix, [n, n]);
}

/** [..., a, b, h, w] → [..., b, a, h, w] */
function withSwapped(ops: Ops, x: Expression): Expression {
  const rank = x.shape.length;
  const lead = [...Array(rank - 4).keys()];
  return ops.transpose(x, [...lead, rank - 3, rank - 4, rank - 2, rank - 1]);
}
