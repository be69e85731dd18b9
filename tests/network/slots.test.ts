import { describe, expect, it } from 'vitest';

import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { elementsOf } from '../../src/network/slots.js';
import { dense, graphArchitecture, MUTUAL, NESTED, residual, add, activation } from './graphs.js';

describe('slots', () => {
  it('places weight and bias of every layer of a perceptron', () => {
    const { slots, parameters, inputs, outputs } = networkOf(architecture([5, 7, 3]));
    expect(slots).toEqual([
      {
        name: 'w1',
        role: 'weight',
        node: '0',
        shape: [5, 7],
        axes: ['input', 'h1'],
        from: 'input',
        to: 'h1',
        fromAxis: 0,
        toAxis: 1,
        sphere: 'neurons',
        features: 1,
        reach: 'one',
        fanIn: 5,
        fanOut: 7,
        init: 'fan-in',
        torchName: '0.weight',
        torchAxes: [1, 0],
        torchShape: [7, 5],
        offset: 0,
        size: 35,
      },
      {
        name: 'b1',
        role: 'bias',
        node: '0',
        shape: [7],
        axes: ['h1'],
        from: null,
        to: 'h1',
        fromAxis: null,
        toAxis: 0,
        sphere: null,
        features: 1,
        reach: 'one',
        fanIn: 5,
        fanOut: 7,
        init: 'fan-in',
        torchName: '0.bias',
        torchAxes: [0],
        torchShape: [7],
        offset: 35,
        size: 7,
      },
      expect.objectContaining({
        name: 'w2',
        node: '2',
        shape: [7, 3],
        axes: ['h1', 'output'],
        sphere: 'whole',
        fanIn: 7,
        fanOut: 3,
        torchName: '2.weight',
        offset: 42,
        size: 21,
      }),
      expect.objectContaining({ name: 'b2', axes: ['output'], sphere: null, offset: 63, size: 3 }),
    ]);
    expect({ parameters, inputs, outputs }).toEqual({ parameters: 66, inputs: 5, outputs: 3 });
  });

  it('numbers layers with tensors in the order of the graph, and names tensors for torch by id', () => {
    const { slots, slotsOf } = networkOf(graphArchitecture(residual()));
    const weights = slots.filter(({ role }) => role === 'weight');
    expect(weights.map(({ name, from, to, torchName }) => [name, from, to, torchName])).toEqual([
      ['w1', 'input', 'h1', 'stem.weight'],
      ['w2', 'h1', 'h2', 'down1.weight'],
      ['w3', 'h2', 'h1', 'up1.weight'],
      ['w4', 'h1', 'h3', 'down2.weight'],
      ['w5', 'h3', 'h4', 'up2.weight'],
      ['w6', 'h1', 'h4', 'projection.weight'],
      ['w7', 'h4', 'output', 'head.weight'],
    ]);
    expect(slotsOf.get('up1')).toEqual(slots.slice(4, 6));
    expect(slotsOf.get('x1')).toBeUndefined();
  });

  it('gives a sphere to the stem of every group and to the logits, to nothing else', () => {
    const spheres = (form: Parameters<typeof graphArchitecture>[0]) =>
      Object.fromEntries(
        networkOf(graphArchitecture(form))
          .slots.filter(({ role }) => role === 'weight')
          .map(({ node, sphere }) => [node, sphere]),
      );
    expect(spheres(residual())).toEqual({
      stem: 'neurons',
      down1: 'neurons',
      up1: null,
      down2: 'neurons',
      up2: 'neurons',
      projection: 'neurons',
      head: 'whole',
    });
    expect(spheres(MUTUAL)).toEqual({
      ...{ a: 'neurons', b: 'neurons', 'b-to-a': null, 'a-to-b': 'neurons' },
      ...{ 'head-a': 'whole', 'head-b': 'whole' },
    });
    // Sums with the features belong to them: no neuron to normalise.
    const skip = [dense(4, 'a'), add(['a', 'input']), activation('relu'), dense(2, 'b')];
    expect(spheres({ input: [4], nodes: skip })).toEqual({ a: null, b: 'whole' });
  });

  it('tells the two axes of a layer from a group to itself apart', () => {
    const self = networkOf(graphArchitecture(NESTED)).slots.find(({ node }) => node === 'self');
    expect(self).toMatchObject({
      axes: ['h1', 'h1'],
      from: 'h1',
      to: 'h1',
      fromAxis: 0,
      toAxis: 1,
      sphere: null,
    });
  });

  it('counts elements, with symbols for those of a family', () => {
    const { slots, family } = networkOf(architecture([5, 7, 4, 3]));
    expect(slots.map(elementsOf)).toEqual(slots.map(({ size }) => size));
    expect(family.tensors.map(elementsOf)).toEqual(['5*h1', 'h1', 'h1*h2', 'h2', '3*h2', 3]);
  });
});
