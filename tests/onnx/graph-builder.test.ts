import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/onnx/graph-builder.js';
import { thrownBy } from '../support/error-code.js';

const scalar = (name: string) => ({
  name,
  type: 'float32' as const,
  shape: [],
  data: Float32Array.of(1),
});

function sample(): GraphBuilder {
  const graph = new GraphBuilder({ name: 'sample' });
  graph.input({ name: 'x', type: 'float32', shape: ['N'] });
  graph.initializer(scalar('one'));
  const [sum = ''] = graph.node('Add', ['x', 'one']).outputs;
  graph.node('Add', [sum, 'one'], {}, ['y']);
  graph.output({ name: 'y', type: 'float32', shape: ['N'] });
  return graph;
}

describe('GraphBuilder', () => {
  it('names nodes and values after the operator', () => {
    const { nodes } = sample().build();
    expect(nodes.map(({ name, outputs }) => [name, ...outputs])).toEqual([
      ['Add_0', 'Add_0'],
      ['Add_1', 'y'],
    ]);
  });

  it('gives equal models for equal calls', () => {
    expect(sample().build()).toEqual(sample().build());
  });

  it('steps around names that are taken', () => {
    const graph = sample();
    graph.initializer(scalar('Mul_0'));
    expect(graph.node('Mul', ['x', 'x']).outputs).toEqual(['Mul_1']);
  });

  it.each([
    ['input', (graph: GraphBuilder) => graph.input({ name: 'one', type: 'float32', shape: [] })],
    ['initializer', (graph: GraphBuilder) => graph.initializer(scalar('Add_0'))],
    ['output of Mul', (graph: GraphBuilder) => graph.node('Mul', ['x', 'x'], {}, ['x'])],
  ])('refuses a taken name for an %s', (what, act) => {
    const error = thrownBy(() => act(sample()));
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toContain(what);
  });

  it('refuses an empty name and a second output of one name', () => {
    expect(thrownBy(() => sample().initializer(scalar(''))).code).toBe('invalid-argument');
    const graph = sample();
    expect(
      thrownBy(() => {
        graph.output({ name: 'y', type: 'float32', shape: ['N'] });
      }).message,
    ).toContain('"y"');
  });

  it('is not changed by what is added after a build', () => {
    const graph = sample();
    const before = graph.build();
    graph.node('Mul', ['x', 'x']);
    graph.metadata({ key: 'value' });
    expect(before.nodes).toHaveLength(2);
    expect(before.metadata).toEqual({});
  });
});
