import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { encodeModel } from '../../src/onnx/serialize.js';
import { OnnxOps, type OnnxValue } from '../../src/ops/onnx-ops.js';
import { Random } from '../../src/random.js';

/** Element widths with and without a remainder after whole packets; 1 makes the batch the last axis. */
const WIDTHS = [1, 3, 7, 10, 33] as const;
const BATCHES = [1, 2, 3, 7, 64] as const;

type Compute = (ops: OnnxOps, x: OnnxValue) => OnnxValue;

const ONE_BY_ONE: readonly (readonly [string, Compute])[] = [
  ['sin', (ops, x) => ops.sin(x)],
  ['cos', (ops, x) => ops.cos(x)],
  ['atan', (ops, x) => ops.atan(x)],
  ['exp', (ops, x) => ops.exp(x)],
  ['tanh', (ops, x) => ops.tanh(x)],
  ['erf', (ops, x) => ops.erf(x)],
  ['softmax', (ops, x) => ops.softmax(x)],
  ['layerNorm', (ops, x) => ops.layerNorm(x, 1e-5)],
];

const SUMS: readonly (readonly [string, Compute])[] = [
  ['sum of axis 1', (ops, x) => ops.sum(x, [1])],
  ['mean of axis 1', (ops, x) => ops.mean(x, [1], true)],
  ['mean of axis 2', (ops, x) => ops.mean(x, [2])],
  ['sum of axes 1 and 2', (ops, x) => ops.sum(x, [2, 1], true)],
  ['sum of the last axis', (ops, x) => ops.sum(x, [3])],
  ['mean of all axes but the batch', (ops, x) => ops.mean(x, [1, 2, 3])],
];

const PRODUCTS: readonly (readonly [string, Compute])[] = [
  ['product with a parameter', (ops, x) => ops.matMul(x, parameter(ops, x))],
  ['product with itself', (ops, x) => ops.matMul(x, ops.transpose(x, [0, 2, 1]))],
  ['transposed product', (ops, x) => ops.matMul(ops.transpose(x, [0, 2, 1]), x)],
];

describe.each([1, 2, 3, 8])(
  'with %i threads, rows have the same bits in every batch',
  (threads) => {
    it.each(ONE_BY_ONE)('%s', async (_name, compute) => {
      for (const width of WIDTHS) await expectSameRows([width], compute, threads);
    });

    it.each(SUMS)('%s', async (_name, compute) => {
      for (const width of WIDTHS) {
        await expectSameRows([1, 13, width], compute, threads);
        await expectSameRows([13, 5, width], compute, threads);
      }
    });

    it.each(PRODUCTS)('%s', async (_name, compute) => {
      for (const width of WIDTHS) {
        await expectSameRows([1, width], compute, threads);
        await expectSameRows([11, width], compute, threads);
      }
    });
  },
);

function parameter(ops: OnnxOps, x: OnnxValue): OnnxValue {
  const width = Number(ops.shape(x).at(-1));
  return ops.parameter('weight', new Random(1).normals(width * 9), [width, 9]);
}

async function expectSameRows(
  shape: readonly number[],
  compute: Compute,
  threads: number,
): Promise<void> {
  const graph = new GraphBuilder({ name: 'rows' });
  const ops = new OnnxOps(graph);
  ops.output('y', compute(ops, ops.input('x', ['batch', ...shape])));
  const session = await ort.InferenceSession.create(encodeModel(graph.build()), {
    intraOpNumThreads: threads,
  });
  const size = shape.reduce((product, dim) => product * dim, 1);
  const rows = new Random(2).normals(Math.max(...BATCHES) * size);
  const bytesOf = async (batch: number, first = 0): Promise<Buffer> => {
    const data = rows.slice(first * size, (first + batch) * size);
    const x = new ort.Tensor('float32', data, [batch, ...shape]);
    const { y } = await session.run({ x });
    return Buffer.from((y!.data as Float32Array).slice().buffer);
  };
  try {
    const whole = await bytesOf(Math.max(...BATCHES));
    for (const batch of BATCHES) {
      const own = await bytesOf(batch);
      expect(own.equals(whole.subarray(0, own.length)), `${shape.join()} × ${batch}`).toBe(true);
    }
    // Rows that begin elsewhere in memory.
    for (const first of [1, 2, 3, 5]) {
      const own = await bytesOf(2, first);
      const offset = (first * own.length) / 2;
      const same = own.equals(whole.subarray(offset, offset + own.length));
      expect(same, `${shape.join()} from ${first}`).toBe(true);
    }
  } finally {
    await session.release();
  }
}
