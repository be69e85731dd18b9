import { describe, expect, it } from 'vitest';

import { buildGraph, MAX_NODES, type NodeSpec } from '../../src/network/graph.js';
import { WeightspringError } from '../../src/errors.js';
import { graphOf, residual } from './graphs.js';

const dense = (units: number, rest: Omit<NodeSpec, 'layer'> = {}): NodeSpec => ({
  ...rest,
  layer: { op: 'dense', units },
});
const add = (rest: Omit<NodeSpec, 'layer'> = {}): NodeSpec => ({ ...rest, layer: { op: 'add' } });

function fieldAndMessage(input: readonly number[], specs: readonly NodeSpec[]): string[] {
  try {
    buildGraph(input, specs);
  } catch (error) {
    if (!(error instanceof WeightspringError)) throw error;
    expect(error.code).toBe('invalid-argument');
    return [error.field ?? '', error.message];
  }
  throw new Error('expected an error');
}

describe('buildGraph', () => {
  it('fills in ids and inputs and works out shapes', () => {
    const { input, nodes } = buildGraph(
      [4],
      [
        dense(3),
        { layer: { op: 'activation', function: 'tanh' } },
        dense(3, { id: 'other', inputs: ['input'] }),
        add({ inputs: ['1', 'other'] }),
        dense(2),
      ],
    );
    expect(input).toEqual([4]);
    expect(nodes.map(({ id }) => id)).toEqual(['0', '1', 'other', '3', '4']);
    expect(nodes.map(({ inputs }) => inputs)).toEqual([
      ['input'],
      ['0'],
      ['input'],
      ['1', 'other'],
      ['3'],
    ]);
    expect(nodes.map(({ shape }) => shape)).toEqual([[3], [3], [3], [3], [2]]);
    expect(nodes.map(({ rows }) => rows.map(({ shape }) => shape))).toEqual([
      [[4]],
      [[3]],
      [[4]],
      [[3], [3]],
      [[3]],
    ]);
  });

  it('leaves what it was given as it was, and gives out nothing that can be changed', () => {
    const layer = { op: 'dense', units: 2 } as const;
    const { nodes } = buildGraph([4], [{ layer }]);
    expect(Object.isFrozen(layer)).toBe(false);
    expect(Object.isFrozen(nodes)).toBe(true);
    expect(Object.isFrozen(nodes[0])).toBe(true);
    expect(Object.isFrozen(nodes[0]!.layer)).toBe(true);
  });

  it('takes the most nodes that a graph may have', () => {
    const specs = Array.from({ length: MAX_NODES }, () => dense(2));
    expect(buildGraph([2], specs).nodes.length).toBe(MAX_NODES);
    expect(graphOf(residual()).nodes.length).toBe(14);
  });

  const refused: readonly [string, readonly NodeSpec[], string, string][] = [
    ['no node', [], 'architecture.nodes', 'expected 1 to 1024 nodes, got 0'],
    [
      'too many nodes',
      Array.from({ length: MAX_NODES + 1 }, () => dense(2)),
      'architecture.nodes',
      'expected 1 to 1024 nodes, got 1025',
    ],
    [
      'two nodes of one id',
      [dense(2, { id: 'a' }), dense(2, { id: 'a' })],
      'architecture.nodes[1]',
      "two values are called 'a'",
    ],
    [
      'an id that another node has by default',
      [dense(2), dense(2, { id: '0' })],
      'architecture.nodes[1]',
      "two values are called '0'",
    ],
    [
      'a node called input',
      [dense(2, { id: 'input' })],
      'architecture.nodes[0]',
      "two values are called 'input'",
    ],
    [
      'an input that comes later',
      [dense(2, { id: 'a', inputs: ['b'] }), dense(2, { id: 'b' })],
      'architecture.nodes[0]',
      "node 'a' reads 'b': expected an earlier node or 'input'",
    ],
    [
      'a node that reads itself',
      [dense(2, { id: 'a', inputs: ['a'] })],
      'architecture.nodes[0]',
      "node 'a' reads 'a'",
    ],
    [
      'too few inputs',
      [dense(2), add({ id: 'sum' })],
      'architecture.nodes[1]',
      "node 'sum' (add) reads 2 to 16 values, got 1",
    ],
    [
      'too many inputs',
      [dense(2, { inputs: ['input', 'input'] })],
      'architecture.nodes[0]',
      "node '0' (dense) reads 1 value, got 2",
    ],
    [
      'no input at all',
      [dense(2, { inputs: [] })],
      'architecture.nodes[0]',
      "node '0' (dense) reads 1 value, got 0",
    ],
    [
      'inputs that a layer cannot read, with the name of the node',
      [dense(2, { id: 'a' }), add({ id: 'sum', inputs: ['a', 'input'] })],
      'architecture.nodes[1]',
      "node 'sum': expected terms of one shape, got [2] and [4]",
    ],
    [
      'a value that leads nowhere',
      [dense(2, { id: 'a' }), dense(3, { inputs: ['input'] })],
      'architecture.nodes',
      "nothing reads 'a'",
    ],
  ];

  it.each(refused)('refuses %s', (_, specs, field, message) => {
    const [at, text] = fieldAndMessage([4], specs);
    expect(at).toBe(field);
    expect(text).toContain(message);
  });

  it('refuses logits that are not a vector', () => {
    const relu: NodeSpec = { id: 'last', layer: { op: 'activation', function: 'relu' } };
    expect(fieldAndMessage([3, 4, 4], [relu])).toEqual([
      'architecture.nodes',
      "the last node 'last' outputs the logits: expected shape [n], got [3, 4, 4]",
    ]);
  });
});
