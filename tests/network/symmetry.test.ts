import { describe, expect, it } from 'vitest';

import { ACTIVATIONS, architecture } from '../../src/network/architecture.js';
import { stackedShape } from '../../src/network/forward.js';
import { buildGraph } from '../../src/network/graph.js';
import { layeredNodes } from '../../src/network/layers/layered.js';
import { findNeurons } from '../../src/network/neurons.js';
import { networkOf } from '../../src/network/network.js';
import { findGroups } from '../../src/network/symmetry.js';
import {
  activation,
  add,
  dense,
  graphArchitecture,
  NESTED,
  residual,
  type Form,
} from './graphs.js';

function symmetries(form: Form): string[] {
  return networkOf(graphArchitecture(form)).groups.map(({ symmetry }) => symmetry);
}

describe('findGroups', () => {
  it('gives relu scales, tanh signs, and the others nothing', () => {
    const expected = { relu: 'scale', tanh: 'sign', gelu: 'none', silu: 'none' };
    for (const name of ACTIVATIONS) {
      const { groups } = networkOf(architecture([4, 5, 6, 2], name));
      expect(groups.map(({ symmetry }) => symmetry)).toEqual([expected[name], expected[name]]);
    }
  });

  it('lists what writes and reads each group', () => {
    const { groups } = networkOf(graphArchitecture(residual()));
    const nodes = (slots: readonly { node: string; role: string }[]): string[] =>
      slots.map(({ node, role }) => `${node}.${role}`);
    expect(groups.map(({ name, size }) => [name, size])).toEqual([
      ['h1', 6],
      ['h2', 7],
      ['h3', 4],
      ['h4', 8],
    ]);
    const [first, , , last] = groups;
    expect(nodes(first!.writers)).toEqual(['stem.weight', 'stem.bias', 'up1.weight', 'up1.bias']);
    expect(nodes(first!.stem)).toEqual(['stem.weight']);
    expect(nodes(first!.readers)).toEqual(['down1.weight', 'down2.weight', 'projection.weight']);
    expect(nodes(last!.stem)).toEqual(['up2.weight', 'projection.weight']);
    expect(nodes(last!.readers)).toEqual(['head.weight']);
  });

  it('counts a layer from a group to itself as writer and reader', () => {
    const [group] = networkOf(graphArchitecture(NESTED)).groups;
    expect(group!.writers.map(({ node }) => node)).toContain('self');
    expect(group!.readers.map(({ node }) => node)).toContain('self');
  });

  it('keeps only what all layers of a residual group leave', () => {
    expect(symmetries(residual('relu'))).toEqual(['scale', 'scale', 'scale', 'scale']);
    expect(symmetries(residual('tanh'))).toEqual(['sign', 'sign', 'sign', 'sign']);
    const mixed = residual('relu').nodes.map((node) =>
      node.id === 'x2' ? activation('tanh', 'x2') : node,
    );
    expect(symmetries({ input: [5], nodes: mixed })).toEqual(['none', 'scale', 'scale', 'scale']);
  });

  it('counts weights and biases as writers, not gains, which multiply what is rescaled', () => {
    const graph = buildGraph([3], layeredNodes({ layers: [3, 4, 2], activation: 'relu' }));
    const { slots } = networkOf(architecture([3, 4, 2]));
    const gain = { ...slots[1]!, name: 'g1', role: 'gain' as const };
    const [group] = findGroups(graph, findNeurons<number>(graph), [...slots, gain]);
    expect(group!.writers.map(({ name }) => name)).toEqual(['w1', 'b1']);
    expect(stackedShape(gain, 7)).toEqual([7, 1, 4]);
  });

  it('gives linear neurons scales', () => {
    const linear: Form = {
      input: [3],
      nodes: [dense(4, 'a'), dense(4), add(['a', '1']), dense(2)],
    };
    expect(symmetries(linear)).toEqual(['scale']);
  });

  it('gives no scale where no weight fixes one', () => {
    const graph = buildGraph([3], layeredNodes({ layers: [3, 4, 2], activation: 'relu' }));
    const [group] = findGroups(graph, findNeurons<number>(graph), []);
    expect(group).toMatchObject({ symmetry: 'none', writers: [], stem: [], readers: [] });
  });
});
