import type { Primitive, TensorOps } from '../../../src/ops/tensor-ops.js';
import { caseOf, operand, ramp, sample, type Case, type Sample } from './case.js';

type Unary = 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'tanh' | 'erf' | 'atan' | 'step';
type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum';

const ordinary = [-2.5, -1, -0.25, 0.125, 0.75, 3];
const positive = [0.01, 0.5, 1, 2, 10, 400];

/** erf(ordinary) from tables: the interpreter under test shares no code with these. */
const erfOfOrdinary = [
  -0.9995930479825551, -0.8427007929497149, -0.2763263901682369, 0.1403162048013339,
  0.7111556336535151, 0.9999779095030014,
];

export const ELEMENTWISE_CASES = {
  exp: [...unary('exp', ordinary, Math.exp), ...unary('exp', [0, -200, -Infinity], Math.exp)],
  log: [...unary('log', positive, Math.log), ...unary('log', [0, -1, Infinity], Math.log)],
  sqrt: [...unary('sqrt', positive, Math.sqrt), ...unary('sqrt', [0, -1], Math.sqrt)],
  sin: [...unary('sin', ordinary, Math.sin), ...unary('sin', [0, 12.5, -60], Math.sin)],
  cos: [...unary('cos', ordinary, Math.cos), ...unary('cos', [0, 12.5, -60], Math.cos)],
  tanh: [...unary('tanh', ordinary, Math.tanh), ...unary('tanh', [0, 50, -50], Math.tanh)],
  erf: [
    ...unary('erf', ordinary, (x) => erfOfOrdinary[ordinary.indexOf(x)] ?? NaN),
    ...unary('erf', [0, 9, -9], Math.sign),
  ],
  atan: [...unary('atan', ordinary, Math.atan), ...unary('atan', [0, 1e6, -1e6], Math.atan)],
  step: unary('step', [-1, -1e-30, 0, 1e-30, 2], (x) => (x > 0 ? 1 : 0)),
  add: binary('add', (a, b) => a + b),
  sub: binary('sub', (a, b) => a - b),
  mul: binary('mul', (a, b) => a * b),
  div: [
    ...binary('div', (a, b) => a / b),
    elementwise('div', 'by zero', sample([1, -1, 0], [3]), sample([0, 0, 0], [3]), [
      Infinity,
      -Infinity,
      NaN,
    ]),
  ],
  maximum: [
    ...binary('maximum', Math.max),
    elementwise('maximum', 'of equals', sample([2, 0], [2]), sample([2, 0], [2]), [2, 0]),
  ],
} as const satisfies Partial<Record<Primitive, readonly Case[]>>;

/** The primitive on a vector, and on a scalar and a rank-3 tensor of the same values. */
function unary(name: Unary, values: readonly number[], f: (x: number) => number): Case[] {
  const compute = <T>(ops: TensorOps<T>, inputs: readonly T[]): T => ops[name](operand(inputs, 0));
  const shapes = [[values.length], [1, values.length, 1]];
  const cases = shapes.map((shape) => {
    const input = sample(values, shape);
    const expected = { shape, values: [...input.data].map(f) };
    return caseOf(`[${shape.join(', ')}] ${values.join(' ')}`, [input], compute, expected);
  });
  const [first = 0] = values;
  const scalar = { shape: [], values: [f(Math.fround(first))] };
  return [...cases, caseOf(`scalar ${first}`, [sample([first], [])], compute, scalar)];
}

/** The primitive over every way of broadcasting. */
function binary(name: Binary, f: (a: number, b: number) => number): Case[] {
  const shapes: readonly (readonly [readonly number[], readonly number[], readonly number[]])[] = [
    [[4], [4], [4]],
    [[], [], []],
    [[2, 3], [], [2, 3]],
    [[], [2, 3], [2, 3]],
    [[2, 3], [3], [2, 3]],
    [[2, 1], [3], [2, 3]],
    [
      [2, 1, 3],
      [4, 1],
      [2, 4, 3],
    ],
    [
      [2, 3, 1, 2],
      [3, 4, 1],
      [2, 3, 4, 2],
    ],
    [
      [1, 3],
      [2, 1, 1, 1],
      [2, 1, 1, 3],
    ],
  ];
  return shapes.map(([left, right, result]) => {
    const a = ramp(left);
    const b = ramp(right, -1.45, 0.27);
    return elementwise(
      name,
      `[${left.join(', ')}] with [${right.join(', ')}]`,
      a,
      b,
      indices(result).map((index) => f(valueAt(a, index), valueAt(b, index))),
      result,
    );
  });
}

function elementwise(
  name: Binary,
  title: string,
  a: Sample,
  b: Sample,
  values: readonly number[],
  shape: readonly number[] = a.shape,
): Case {
  const compute = <T>(ops: TensorOps<T>, inputs: readonly T[]): T =>
    ops[name](operand(inputs, 0), operand(inputs, 1));
  return caseOf(title, [a, b], compute, { shape, values });
}

/** All multi-indices of a shape in row-major order. */
function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (prefixes, dim) =>
      prefixes.flatMap((prefix) => Array.from({ length: dim }, (_, i) => [...prefix, i])),
    [[]],
  );
}

/** The element that broadcasting puts at `index`: trailing axes align, size 1 repeats. */
function valueAt({ shape, data }: Sample, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  const offset = shape.reduce(
    (sum, dim, axis) => sum * dim + (dim === 1 ? 0 : (own[axis] ?? 0)),
    0,
  );
  return data[offset] ?? NaN;
}
