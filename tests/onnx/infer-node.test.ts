import { describe, expect, it } from 'vitest';
import type { Dim, Shape } from '../../src/onnx/dim.js';
import type { AttributeValue } from '../../src/onnx/graph.js';
import type { ValueFacts } from '../../src/onnx/inference/facts.js';
import { inferNode } from '../../src/onnx/inference/infer-node.js';
import { thrownBy } from '../support/error-code.js';

type Attributes = Readonly<Record<string, AttributeValue>>;

const float = (...shape: Shape): ValueFacts => ({ type: 'float32', shape });
const ints = (...elements: readonly Dim[]): ValueFacts => ({
  type: 'int64',
  shape: [elements.length],
  elements,
});
const int = (value: number): AttributeValue => ({ kind: 'int', value });
const intList = (...value: readonly number[]): AttributeValue => ({ kind: 'ints', value });

function infer(
  opType: string,
  inputs: readonly (ValueFacts | undefined)[],
  attributes: Attributes = {},
): ValueFacts {
  const node = {
    opType,
    name: 'n',
    inputs: inputs.map((_, i) => `i${i}`),
    outputs: ['y'],
    attributes,
  };
  return inferNode(node, inputs, 17);
}

describe('inferNode gives types and shapes', () => {
  const cases: readonly (readonly [
    title: string,
    opType: string,
    inputs: readonly (ValueFacts | undefined)[],
    attributes: Attributes,
    expected: ValueFacts,
  ])[] = [
    ['broadcast', 'Mul', [float('N', 1, 3), float('h1', 1)], {}, float('N', 'h1', 3)],
    ['comparison', 'Greater', [float('N'), float()], {}, { type: 'bool', shape: ['N'] }],
    ['cast', 'Cast', [{ type: 'bool', shape: ['N'] }], { to: int(1) }, float('N')],
    ['product', 'MatMul', [float('N', 'h1', 4), float(4, 5)], {}, float('N', 'h1', 5)],
    [
      'batched product',
      'MatMul',
      [float('N', 1, 2, 'h1'), float(7, 'h1', 3)],
      {},
      float('N', 7, 2, 3),
    ],
    [
      'dense layer',
      'Gemm',
      [float('N', 4), float(5, 4), float(5)],
      { transB: int(1) },
      float('N', 5),
    ],
    ['sum', 'ReduceSum', [float('N', 'h1', 3), ints(1)], { keepdims: int(0) }, float('N', 3)],
    ['sum of all', 'ReduceSum', [float('N', 3)], { keepdims: int(0) }, float()],
    [
      'mean',
      'ReduceMean',
      [float('N', 'h1')],
      { axes: intList(-1), keepdims: int(1) },
      float('N', 1),
    ],
    [
      'max',
      'ReduceMax',
      [float('N', 'h1', 3)],
      { axes: intList(1), keepdims: int(0) },
      float('N', 3),
    ],
    [
      'arg max',
      'ArgMax',
      [float('N', 3)],
      { axis: int(1), keepdims: int(0) },
      { type: 'int64', shape: ['N'] },
    ],
    ['layer norm', 'LayerNormalization', [float('N', 4), float(4), float(4)], {}, float('N', 4)],
    [
      'transposition',
      'Transpose',
      [float('N', 'h1', 3)],
      { perm: intList(0, 2, 1) },
      float('N', 3, 'h1'),
    ],
    [
      'copied and remaining size',
      'Reshape',
      [float('N', 'h1', 6), ints(0, -1, 3, 2)],
      {},
      float('N', 'h1', 3, 2),
    ],
    ['computed shape', 'Reshape', [float('N', 'h1'), ints('N*h1')], {}, float('N*h1')],
    ['flattening', 'Reshape', [float('N', 'h1', 2), ints(-1, 2)], {}, float('N*h1', 2)],
    ['expansion', 'Expand', [float(1, 'h1', 1), ints('N', 1, 3)], {}, float('N', 'h1', 3)],
    [
      'concatenation',
      'Concat',
      [float('N', 'h1'), float('N', 3), float('N', 'h2')],
      { axis: int(1) },
      float('N', 'h1+h2+3'),
    ],
    [
      'slice of a sum',
      'Slice',
      [float('N', 'h1+h2+3'), ints('h1'), ints('h1+h2'), ints(1)],
      {},
      float('N', 'h2'),
    ],
    [
      'slice to the end',
      'Slice',
      [float('h1+3'), ints(3), ints(2 ** 63), ints(0)],
      {},
      float('h1'),
    ],
    ['slice cut short', 'Slice', [float(5), ints(1), ints(9), ints(0)], {}, float(4)],
    ['slice from the end', 'Slice', [float(5), ints(-2), ints(2 ** 63), ints(0)], {}, float(2)],
    ['padding', 'Pad', [float(2, 'h1'), ints(0, 'h2', 0, 1)], {}, float(2, 'h1+h2+1')],
    ['new axes', 'Unsqueeze', [float('N', 3), ints(0, -1)], {}, float(1, 'N', 3, 1)],
    ['dropped axis', 'Squeeze', [float('N', 1, 1), ints(1)], {}, float('N', 1)],
    ['all axes of size 1', 'Squeeze', [float('N', 1, 1)], {}, float('N')],
  ];

  it.each(cases)('%s: %s', (_, opType, inputs, attributes, expected) => {
    expect(infer(opType, inputs, attributes)).toEqual(expected);
  });
});

describe('inferNode follows shapes as values', () => {
  it('reads them off values', () => {
    expect(infer('Shape', [float('N', 'h1', 3)])).toEqual(ints('N', 'h1', 3));
    expect(infer('Shape', [float('N', 'h1', 3)], { start: int(1), end: int(2) })).toEqual(
      ints('h1'),
    );
    expect(infer('Shape', [float('N', 'h1', 3)], { start: int(-1) })).toEqual(ints(3));
  });

  it.each([
    ['Add', [ints('h1', 2), ints('h2')], ints('h1+h2', 'h2+2')],
    ['Sub', [ints(64), ints('h1')], ints('-1*h1+64')],
    ['Mul', [ints('h1'), ints(3)], ints('3*h1')],
    ['Identity', [ints('h1')], ints('h1')],
    ['Slice', [ints('N', 'h1', 3), ints(1), ints(3), ints(0)], ints('h1', 3)],
    ['Reshape', [ints('h1'), ints()], { type: 'int64', shape: [], elements: ['h1'] }],
    ['Squeeze', [ints('h1')], { type: 'int64', shape: [], elements: ['h1'] }],
  ] as const)('through %s', (opType, inputs, expected) => {
    expect(infer(opType, inputs)).toEqual(expected);
  });

  it('through Concat', () => {
    expect(infer('Concat', [ints('h1'), ints(3)], { axis: int(0) })).toEqual(ints('h1', 3));
  });

  it('and knows when they are lost', () => {
    const unknown: ValueFacts = { type: 'int64', shape: [1] };
    expect(infer('Add', [ints('h1'), unknown])).toEqual(unknown);
    expect(thrownBy(() => infer('Reshape', [float(3), unknown])).message).toContain(
      'computed from shapes and constants',
    );
  });
});

describe('inferNode refuses', () => {
  const cases: readonly (readonly [
    message: string,
    opType: string,
    inputs: readonly (ValueFacts | undefined)[],
    attributes?: Attributes,
  ])[] = [
    ['not supported', 'NoSuchOp', [float(2)]],
    ['expected 2 inputs, got 1', 'Add', [float(2)]],
    ['expected input 0, got none', 'Exp', [undefined]],
    ['attribute alpha', 'Add', [float(2), float(2)], { alpha: int(1) }],
    ['attribute axis', 'Softmax', [float(2)], { axis: intList(1) }],
    ['attribute to is missing', 'Cast', [float(2)]],
    ['one numeric type', 'Add', [float(2), ints(1, 2)]],
    ['shapes that broadcast, got [2] and [3]', 'Add', [float(2), float(3)]],
    ['shapes that broadcast', 'Mul', [float('h1'), float('h2')]],
    ['floating-point', 'Exp', [ints(1)]],
    ['[…, m, k]', 'MatMul', [float(2, 3), float(2, 3)]],
    ['at least 2', 'MatMul', [float(3), float(3, 2)]],
    ['inner dimensions', 'Gemm', [float('N', 4), float(5, 3)], { transB: int(1) }],
    ['a bias that broadcasts', 'Gemm', [float('N', 4), float(4, 5), float(4)]],
    ['axis below rank 2', 'Softmax', [float(2, 3)], { axis: int(2) }],
    ['distinct axes', 'ReduceSum', [float(2, 3), ints(1, -1)]],
    ['scale and bias', 'LayerNormalization', [float('N', 4), float(3)]],
    ['a permutation', 'Transpose', [float(2, 3)], { perm: intList(0) }],
    ['with the elements of [2, 3]', 'Reshape', [float(2, 3), ints(4)]],
    ['with the elements of', 'Reshape', [float(2, 3), ints(-1, -1)]],
    ['with the elements of', 'Reshape', [float('h1', 3), ints('h2', 3)]],
    ['broadcasts with [2]', 'Expand', [float(2), ints(3)]],
    ['equal but for axis 1', 'Concat', [float(2, 3), float(3, 3)], { axis: int(1) }],
    ['steps of 1', 'Slice', [float(5), ints(0), ints(4), ints(0), ints(2)]],
    ['a start before the end', 'Slice', [float(5), ints(3), ints(1), ints(0)]],
    ['expected 2 pads', 'Pad', [float(3), ints(1)]],
    ['at least 0', 'Pad', [float(3), ints(-1, 0)]],
    ['size 1 on axis 0', 'Squeeze', [float(2, 1), ints(0)]],
  ];

  for (const [message, opType, inputs, attributes] of cases) {
    it(`${opType}: ${message}`, () => {
      const error = thrownBy(() => infer(opType, inputs, attributes));
      expect(error.code).toBe('shape-mismatch');
      expect(error.message).toContain(message);
      expect(error.message).toContain(opType);
    });
  }

  it('a cast to a type that our graphs do not use', () => {
    const error = thrownBy(() => infer('Cast', [float(2)], { to: int(11) }));
    expect(error.message).toContain('data type 11');
  });

  it('operators and attributes newer than the operator set', () => {
    const at13 = (opType: string, inputs: readonly ValueFacts[], attributes: Attributes) => () =>
      inferNode(
        { opType, name: 'n', inputs: inputs.map(String), outputs: ['y'], attributes },
        inputs,
        13,
      );
    expect(thrownBy(at13('LayerNormalization', [float(3), float(3)], {})).message).toContain('17');
    expect(thrownBy(at13('Shape', [float(3)], { start: int(1) })).message).toContain('15');
  });
});
