import { describe, expect, it } from 'vitest';

import { layeredNodes } from '../../src/network/layers/layered.js';
import { buildGraph } from '../../src/network/graph.js';
import { findNeurons } from '../../src/network/neurons.js';
import {
  activation,
  add,
  dense,
  LONG_SKIP,
  MUTUAL,
  NESTED,
  neuronNames,
  PROJECTION_FIRST,
  residual,
  GRAPH_FORMS,
  tableOf,
} from './graphs.js';

describe('findNeurons', () => {
  it('gives a perceptron one set of neurons per layer', () => {
    const graph = buildGraph([5], layeredNodes({ layers: [5, 7, 4, 3], activation: 'relu' }));
    const { neurons, ofValue } = findNeurons<number>(graph);
    expect(neurons).toEqual([
      { name: 'input', size: 5, isFixed: true },
      { name: 'h1', size: 7, isFixed: false },
      { name: 'h2', size: 4, isFixed: false },
      { name: 'output', size: 3, isFixed: true },
    ]);
    expect(Object.fromEntries(ofValue)).toEqual({
      ...{ input: 'input', 0: 'h1', 1: 'h1', 2: 'h2', 3: 'h2', 4: 'output' },
    });
  });

  it('makes the terms of a residual sum one, and those of a projection and its block', () => {
    const { neurons, stems } = tableOf(residual());
    expect(neurons.map(({ name, size }) => [name, size])).toEqual([
      ['input', 5],
      ['h1', 6],
      ['h2', 7],
      ['h3', 4],
      ['h4', 8],
      ['output', 3],
    ]);
    const names = neuronNames(residual());
    for (const value of ['stem', 'x1', 'up1', 'x2']) expect(names[value]).toBe('h1');
    for (const value of ['up2', 'projection']) expect(names[value]).toBe('h4');
    // up1 lies downstream of what it writes; the projection and its block do not.
    expect([...stems]).toEqual(['stem', 'down1', 'down2', 'up2', 'projection']);
  });

  it('unites nested blocks and sums of three terms', () => {
    const names = neuronNames(NESTED);
    for (const value of ['stem', 'x1', 'self', 'inner', 'up', 'block']) {
      expect(names[value], value).toBe('h1');
    }
    expect(names.down).toBe('h2');
    expect([...tableOf(NESTED).stems]).toEqual(['stem', 'down']);
  });

  it('unites through chains of sums, whichever comes first', () => {
    const names = neuronNames({
      input: [3],
      nodes: [
        ...['a', 'b', 'c', 'd'].map((id) => dense(4, id, ['input'])),
        add(['c', 'd'], 'cd'),
        add(['b', 'c'], 'bc'),
        add(['d', 'a'], 'ad'),
        add(['cd', 'bc', 'ad']),
        dense(2),
      ],
    });
    expect(new Set(['a', 'b', 'c', 'd', 'cd', 'bc', 'ad'].map((id) => names[id]))).toEqual(
      new Set(['h1']),
    );
  });

  it('fixes what is one with the features', () => {
    const form = {
      input: [4],
      nodes: [dense(4, 'a'), add(['a', 'input']), activation('relu'), dense(2)],
    };
    expect(neuronNames(form)).toEqual({
      input: 'input',
      a: 'input',
      1: 'input',
      2: 'input',
      3: 'output',
    });
    expect(tableOf(form).neurons.map(({ name }) => name)).toEqual(['input', 'output']);
    expect(tableOf(form).stems.size).toBe(0);
  });

  it('fixes what is one with the logits, also inside the network', () => {
    const form = {
      input: [4],
      nodes: [
        dense(2, 'a'),
        activation('relu', 'a-relu'),
        dense(3, 'b'),
        dense(2, 'c'),
        add(['c', 'a-relu']),
      ],
    };
    expect(neuronNames(form)).toEqual({
      ...{ input: 'input', a: 'output', 'a-relu': 'output', b: 'h1', c: 'output', 4: 'output' },
    });
  });

  it('makes features, hidden neurons and logits one where sums join them all', () => {
    const form = {
      input: [3],
      nodes: [dense(3, 'a'), activation('relu', 'b'), add(['b', 'input'])],
    };
    expect(tableOf(form).neurons).toEqual([{ name: 'input', size: 3, isFixed: true }]);
  });

  it('orders hidden neurons such that what a stem reads comes first', () => {
    // The projection opens its group before the block that leads there opens its own.
    const names = neuronNames(PROJECTION_FIRST);
    expect([names.stem, names.down, names.projection]).toEqual(['h1', 'h2', 'h3']);
    expect([...tableOf(PROJECTION_FIRST).stems].sort()).toEqual([
      'down',
      'projection',
      'stem',
      'up',
    ]);
  });

  it('waits for a residual block beside a projection that opens before it', () => {
    const names = neuronNames(LONG_SKIP);
    expect([names.stem, names.skip, names.down]).toEqual(['h1', 'h2', 'h3']);
    expect([...tableOf(LONG_SKIP).stems].sort()).toEqual(['down', 'end', 'skip', 'stem']);
  });

  it('leaves out what reads the second of two groups that write each other', () => {
    const { stems } = tableOf(MUTUAL);
    expect([...stems].sort()).toEqual(['a', 'a-to-b', 'b']);
  });

  it('gives every hidden group a stem', () => {
    for (const form of Object.values(GRAPH_FORMS)) {
      const { neurons, ofValue, stems } = tableOf(form);
      const written = new Set([...stems].map((id) => ofValue.get(id)));
      for (const { name, isFixed } of neurons) expect(written.has(name)).toBe(!isFixed);
    }
  });
});
