import type { TensorOps } from '../../../src/ops/tensor-ops.js';
import { operand, ramp, type Sample } from './case.js';

/** A computation whose shapes do not fit. */
export interface ErrorCase {
  readonly title: string;
  readonly inputs: readonly Sample[];
  readonly compute: <T>(ops: TensorOps<T>, inputs: readonly T[]) => T;
}

const matrix = [ramp([2, 3])];
const pair = (left: readonly number[], right: readonly number[]): readonly Sample[] => [
  ramp(left),
  ramp(right),
];

/** Each must throw `shape-mismatch`, and the message must name the operation. */
export const ERROR_CASES: readonly ErrorCase[] = [
  {
    title: 'add of [2, 3] and [2]',
    inputs: pair([2, 3], [2]),
    compute: (ops, x) => ops.add(operand(x, 0), operand(x, 1)),
  },
  {
    title: 'matMul of [2, 3] and [2, 3]',
    inputs: pair([2, 3], [2, 3]),
    compute: (ops, x) => ops.matMul(operand(x, 0), operand(x, 1)),
  },
  {
    title: 'matMul of a vector',
    inputs: pair([3], [3, 2]),
    compute: (ops, x) => ops.matMul(operand(x, 0), operand(x, 1)),
  },
  {
    title: 'matMul of batches 2 and 3',
    inputs: pair([2, 1, 2], [3, 2, 1]),
    compute: (ops, x) => ops.matMul(operand(x, 0), operand(x, 1)),
  },
  {
    title: 'conv2d of other channels',
    inputs: pair([1, 2, 4, 4], [3, 3, 2, 2]),
    compute: (ops, x) => ops.conv2d(operand(x, 0), operand(x, 1)),
  },
  {
    title: 'conv2d of smaller images',
    inputs: pair([1, 2, 4, 4], [3, 2, 5, 2]),
    compute: (ops, x) => ops.conv2d(operand(x, 0), operand(x, 1)),
  },
  {
    title: 'maxPool of smaller images',
    inputs: [ramp([1, 2, 4])],
    compute: (ops, x) => ops.maxPool(operand(x, 0), 3),
  },
  {
    title: 'reshape to another size',
    inputs: matrix,
    compute: (ops, x) => ops.reshape(operand(x, 0), [4]),
  },
  {
    title: 'broadcastTo a smaller shape',
    inputs: matrix,
    compute: (ops, x) => ops.broadcastTo(operand(x, 0), [3]),
  },
  {
    title: 'transpose with a repeated axis',
    inputs: matrix,
    compute: (ops, x) => ops.transpose(operand(x, 0), [0, 0]),
  },
  {
    title: 'sum over an axis that is not there',
    inputs: matrix,
    compute: (ops, x) => ops.sum(operand(x, 0), [2]),
  },
  {
    title: 'mean over a negative axis',
    inputs: matrix,
    compute: (ops, x) => ops.mean(operand(x, 0), [-1]),
  },
  {
    title: 'concat of different ranks',
    inputs: pair([2, 3], [3]),
    compute: (ops, x) => ops.concat(x, 0),
  },
  {
    title: 'concat of different rows',
    inputs: pair([2, 3], [3, 3]),
    compute: (ops, x) => ops.concat(x, 1),
  },
  {
    title: 'concat of nothing',
    inputs: matrix,
    compute: (ops) => ops.concat([], 0),
  },
  {
    title: 'slice beyond the end',
    inputs: matrix,
    compute: (ops, x) => ops.slice(operand(x, 0), 1, 2, 2),
  },
  {
    title: 'pad along an axis that is not there',
    inputs: matrix,
    compute: (ops, x) => ops.pad(operand(x, 0), 2, 1, 1),
  },
  {
    title: 'softmax of a scalar',
    inputs: [ramp([])],
    compute: (ops, x) => ops.softmax(operand(x, 0)),
  },
  {
    title: 'constant with a shape of another size',
    inputs: matrix,
    compute: (ops) => ops.constant([1, 2, 3], [2]),
  },
];
