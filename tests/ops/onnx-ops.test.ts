import { describe, expect, it } from 'vitest';
import {
  addDims,
  differenceOfDims,
  multiplyDims,
  type Dim,
  type Shape,
} from '../../src/onnx/dim.js';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import type { OnnxModel } from '../../src/onnx/graph.js';
import { verifyModel } from '../../src/onnx/verify.js';
import { OnnxOps, type OnnxValue } from '../../src/ops/onnx-ops.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import type { TensorOps } from '../../src/ops/tensor-ops.js';
import { thrownBy } from '../support/error-code.js';
import { runModel, wave } from '../support/run-model.js';

/** Inputs of all cases; `table` is a parameter. */
const INPUTS: Readonly<Record<string, Shape>> = {
  x: ['N', 'h1', 4],
  y: ['N', 'h2', 4],
  z: ['N', 'h1', 'h2', 2],
};
const TABLE = { name: 'table', shape: [8, 4] };

interface Operands<T> {
  readonly x: T;
  readonly y: T;
  readonly z: T;
  readonly table: T;
}

type SymbolicCompute = <T>(ops: TensorOps<T>, operands: Operands<T>) => T;

function dim<T>(ops: TensorOps<T>, value: T, axis: number): Dim {
  return ops.shape(value)[axis]!;
}

function record(compute: (ops: OnnxOps, operands: Operands<OnnxValue>) => OnnxValue): OnnxModel {
  const graph = new GraphBuilder({ name: 'test' });
  const ops = new OnnxOps(graph);
  const input = (name: string): OnnxValue => ops.input(name, INPUTS[name]!);
  const [x, y, z] = [input('x'), input('y'), input('z')];
  const table = ops.parameter(TABLE.name, wave(TABLE.shape).data, TABLE.shape);
  // Every case uses the table, since a model may hold no initialiser that nothing reads.
  ops.output('used', ops.exp(table));
  ops.output('result', compute(ops, { x, y, z, table }));
  return graph.build();
}

/** How often each operator occurs, without what `record` itself adds. */
function operators(model: OnnxModel): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of model.nodes) {
    if (opType !== 'Exp' && opType !== 'Identity') counts[opType] = (counts[opType] ?? 0) + 1;
  }
  return counts;
}

const CASES: readonly (readonly [title: string, compute: SymbolicCompute])[] = [
  [
    'reshape that splits an axis',
    (ops, { x }) => ops.reshape(x, [dim(ops, x, 0), dim(ops, x, 1), 2, 2]),
  ],
  [
    'reshape that joins symbolic axes',
    (ops, { x }) => ops.reshape(x, [multiplyDims(dim(ops, x, 0), dim(ops, x, 1)), 4]),
  ],
  [
    'reshape to two products',
    (ops, { z }) => {
      const [n = 0, h1 = 0, h2 = 0] = ops.shape(z);
      return ops.reshape(z, [multiplyDims(n, h1), multiplyDims(h2, 2)]);
    },
  ],
  [
    'reshape that adds an axis and drops it again',
    (ops, { z }) => {
      const [n = 0, ...rest] = ops.shape(z);
      return ops.exp(ops.reshape(ops.sin(ops.reshape(z, [n, 1, ...rest])), [n, ...rest]));
    },
  ],
  [
    'broadcastTo symbolic axes',
    (ops, { x, table }) => {
      const row = ops.slice(table, 0, 1, 1);
      return ops.broadcastTo(row, [dim(ops, x, 0), dim(ops, x, 1), 4]);
    },
  ],
  [
    'broadcastTo of one symbolic axis among others',
    (ops, { z }) => {
      const one = ops.sum(z, [2], true);
      return ops.broadcastTo(one, ops.shape(z));
    },
  ],
  [
    'concat and a slice from a symbolic start',
    (ops, { x, y }) => ops.slice(ops.concat([x, y, x], 1), 1, dim(ops, x, 1), dim(ops, y, 1)),
  ],
  [
    'slice across a border',
    (ops, { x, y }) => {
      const joined = ops.concat([y, x], 1);
      return ops.slice(joined, 1, 1, differenceOfDims(dim(ops, joined, 1), 1));
    },
  ],
  [
    'slice of a table to a symbolic size',
    (ops, { x, table }) => ops.add(x, ops.slice(table, 0, 0, dim(ops, x, 1))),
  ],
  [
    'pad by symbolic amounts',
    (ops, { x, y }) => ops.pad(x, 1, dim(ops, y, 1), addDims(dim(ops, y, 1), 1)),
  ],
  [
    'pad up to a fixed size',
    (ops, { x, table }) => ops.mul(ops.pad(x, 1, 0, differenceOfDims(8, dim(ops, x, 1))), table),
  ],
  ['count of symbolic axes', (ops, { z }) => ops.div(ops.sum(z), ops.count(z, [1, 2, 3]))],
  ['count of a sum', (ops, { x, y }) => ops.mul(x, ops.count(ops.concat([x, y], 1), [1]))],
  ['mean over a symbolic axis', (ops, { z }) => ops.mean(z, [1, 2])],
  ['softmax over a symbolic axis', (ops, { z }) => ops.softmax(ops.transpose(z, [0, 3, 1, 2]))],
  [
    'matMul over a symbolic axis',
    (ops, { x, z }) =>
      ops.matMul(
        ops.transpose(z, [0, 2, 3, 1]),
        ops.reshape(x, [dim(ops, x, 0), 1, dim(ops, x, 1), 4]),
      ),
  ],
  ['step', (ops, { x }) => ops.step(x)],
];

describe('OnnxOps with symbolic dimensions', () => {
  const sizes = [
    { N: 1, h1: 1, h2: 1 },
    { N: 2, h1: 3, h2: 5 },
    { N: 3, h1: 8, h2: 2 },
  ];
  const reference = new ReferenceOps();

  it.each(CASES)('%s agrees with float64 at every size to 1e-5', async (_, compute) => {
    const runs = sizes.map((size) =>
      Object.fromEntries(
        Object.entries(INPUTS).map(([name, shape]) => [
          name,
          wave(shape.map((part) => (typeof part === 'number' ? part : size[part as 'N']))),
        ]),
      ),
    );
    const results = await runModel(record(compute), runs);
    for (const [index, feeds] of runs.entries()) {
      const values = Object.entries({ ...feeds, table: wave(TABLE.shape) }).map(
        ([name, { data, shape }]) => [name, tensor(data, shape)] as const,
      );
      const expected = compute(
        reference,
        Object.fromEntries(values) as unknown as Operands<ReturnType<typeof tensor>>,
      );
      const { shape, values: got } = results[index]!.result!;
      expect(shape).toEqual(expected.shape);
      const worst = Math.max(...got.map((value, i) => Math.abs(value - expected.data[i]!)));
      expect(worst).toBeLessThan(1e-5 * Math.max(1, ...expected.data.map(Math.abs)));
    }
  });

  it('declares the shapes that the verifier infers', () => {
    for (const [, compute] of CASES) expect(() => verifyModel(record(compute))).not.toThrow();
  });

  it('says which dimension it cannot read, and which it can', () => {
    const error = thrownBy(() => record((ops, { table }) => ops.broadcastTo(table, ['M', 8, 4])));
    expect(error.code).toBe('shape-mismatch');
    expect(error.message).toMatch(/dimension M .*N, h1, h2/);
  });
});

describe('OnnxOps emits', () => {
  const emitted: readonly (readonly [
    title: string,
    compute: (ops: OnnxOps, operands: Operands<OnnxValue>) => OnnxValue,
    expected: Readonly<Record<string, number>>,
  ])[] = [
    [
      'one MatMul for [N, h1, 4] × [4, 8]',
      (ops, { x, table }) => ops.matMul(x, ops.transpose(table, [1, 0])),
      { Transpose: 1, MatMul: 1 },
    ],
    [
      'a literal target for one moving symbol',
      (ops, { x }) => ops.reshape(x, ['N', 1, 'h1', 4]),
      { Reshape: 1 },
    ],
    [
      'Unsqueeze where a target would have to be computed',
      (ops, { z }) => ops.reshape(z, ['N', 1, 'h1', 'h2', 2]),
      { Unsqueeze: 1 },
    ],
    ['nothing for a reshape to the same shape', (ops, { x }) => ops.reshape(x, ['N', 'h1', 4]), {}],
    ['nothing for the identity permutation', (ops, { x }) => ops.transpose(x, [0, 1, 2]), {}],
    ['nothing for a whole slice', (ops, { x }) => ops.slice(x, 1, 0, 'h1'), {}],
    ['nothing for a pad of nothing', (ops, { x }) => ops.pad(x, 1, 0, 0), {}],
    ['nothing for a concat of one', (ops, { x }) => ops.concat([x], 1), {}],
    ['nothing for a sum over no axes', (ops, { x }) => ops.sum(x, []), {}],
    [
      'a constant for a count of numbers',
      (ops, { x }) => ops.mul(x, ops.count(x, [2])),
      { Mul: 1 },
    ],
    [
      'no computed end for a slice to the end',
      (ops, { x, y }) => ops.slice(ops.concat([x, y], 1), 1, 3, differenceOfDims('h1+h2', 3)),
      { Concat: 1, Slice: 1 },
    ],
    [
      'one value for a size that two operations need',
      (ops, { x }) => {
        const row = ops.slice(x, 1, 0, 1);
        const wide = ops.broadcastTo(row, ['N', 'h2', 4]);
        return ops.add(wide, ops.broadcastTo(ops.tanh(row), ['N', 'h2', 4]));
      },
      { Slice: 1, Shape: 1, Concat: 1, Expand: 2, Add: 1, Tanh: 1 },
    ],
  ];

  it.each(emitted)('%s', (_, compute, expected) => {
    expect(operators(record(compute))).toEqual(expected);
  });

  it('equal constants once', () => {
    const model = record((ops, { x }) =>
      ops.mul(ops.add(x, ops.constant(0.5)), ops.add(ops.constant(0.5), ops.constant([0.5]))),
    );
    expect(model.initializers.map(({ name, shape }) => [name, shape])).toEqual([
      ['table', [8, 4]],
      ['scalar_0', []],
      ['constant_0', [1]],
    ]);
  });

  it('the same model for the same computation', () => {
    for (const [, compute] of CASES) expect(record(compute)).toEqual(record(compute));
  });
});

describe('OnnxOps refuses, while recording,', () => {
  const refused: readonly (readonly [
    message: RegExp,
    compute: (ops: OnnxOps, operands: Operands<OnnxValue>) => OnnxValue,
  ])[] = [
    [/MatMul.*\[N, h1, 4\] and \[8, 4\]/, (ops, { x, table }) => ops.matMul(x, table)],
    [/Add.*broadcast, got \[N, h1, 4\] and \[N, h2, 4\]/, (ops, { x, y }) => ops.add(x, y)],
    [
      /reshape expects .*, got \[N, h1, 4\] and \[N, h2, 4\]/,
      (ops, { x }) => ops.reshape(x, ['N', 'h2', 4]),
    ],
    [/broadcastTo/, (ops, { x }) => ops.broadcastTo(x, ['N', 'h2', 4])],
    [/slice expects a range inside axis 2/, (ops, { x }) => ops.slice(x, 2, 1, 4)],
    [/slice expects a range inside axis 2/, (ops, { x }) => ops.slice(x, 2, -1, 2)],
    [/pad expects an axis/, (ops, { x }) => ops.pad(x, 3, 1, 1)],
    [/count expects an axis/, (ops, { x }) => ops.count(x, [-1])],
    [/constant expects/, (ops) => ops.constant([1, 2, 3], [2])],
    [/parameter "short" expects/, (ops) => ops.parameter('short', new Float32Array(3), [2, 2])],
  ];

  it.each(refused)('%s', (message, compute) => {
    const error = thrownBy(() => record(compute));
    expect(error.code).toBe('shape-mismatch');
    expect(error.message).toMatch(message);
  });
});
