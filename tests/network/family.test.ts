import { describe, expect, it } from 'vitest';

import { architecture } from '../../src/network/architecture.js';
import { familySizes, familyWithInput } from '../../src/network/family.js';
import type { Activation } from '../../src/network/layers/activation.js';
import { networkOf } from '../../src/network/network.js';
import { add, dense, graphArchitecture, residual, activation, type Form } from './graphs.js';

const familyOf = (form: Form) => networkOf(graphArchitecture(form)).family;

/** A residual block between layers of these widths. */
function block(input: number, width: number, inner: number): Form {
  return {
    input: [input],
    nodes: [
      dense(width, 'stem'),
      activation('relu', 'x'),
      dense(inner),
      activation('relu'),
      dense(width, 'up'),
      add(['up', 'x']),
      dense(3),
    ],
  };
}

describe('family', () => {
  it('is one for perceptrons of one depth, features and classes, whatever the activation', () => {
    const { family } = networkOf(architecture([30, 16, 8, 2]));
    expect(family.key).toBe('30-h1-h2-2');
    expect(networkOf(architecture([30, 7, 9, 2], 'tanh')).family).toEqual(family);
    const keys = [
      [30, 16, 2],
      [29, 16, 8, 2],
      [30, 16, 8, 3],
    ].map((layers) => networkOf(architecture(layers)).family.key);
    expect(keys).toEqual(['30-h1-2', '29-h1-h2-2', '30-h1-h2-3']);
  });

  it('is on other inputs that of the same layers, also in a residual block', () => {
    const { family } = networkOf(architecture([30, 16, 8, 2]));
    expect(familyWithInput(family, [784])).toEqual(networkOf(architecture([784, 5, 4, 2])).family);
    expect(familyWithInput(familyOf(block(30, 16, 4)), [784])).toEqual(familyOf(block(784, 12, 5)));
  });

  it('is one for networks of several activations too, which tell in what they differ', () => {
    const mixed = (first: Activation, second: Activation) =>
      networkOf(
        graphArchitecture({
          input: [30],
          nodes: [dense(16), activation(first), dense(8), activation(second), dense(2)],
        }),
      );
    const [relu, both, turned] = [
      mixed('relu', 'relu'),
      mixed('relu', 'tanh'),
      mixed('tanh', 'relu'),
    ];
    expect(new Set([relu, both, turned].map(({ family }) => family.key)).size).toBe(1);
    expect(relu.activations).toEqual(['relu']);
    expect([both.activation, both.activations]).toEqual([null, ['relu', 'tanh']]);
    expect(turned.activations).toEqual(['tanh', 'relu']);
  });

  it('has the tensors of its networks with symbols for the numbers of hidden neurons', () => {
    const { family, slots } = networkOf(architecture([30, 16, 8, 2]));
    expect(family.tensors.map(({ shape }) => shape)).toEqual([
      [30, 'h1'],
      ['h1'],
      ['h1', 'h2'],
      ['h2'],
      ['h2', 2],
      [2],
    ]);
    expect(family.tensors.map(({ fanIn }) => fanIn)).toEqual([30, 30, 'h1', 'h1', 'h2', 'h2']);
    family.tensors.forEach((facts, index) => {
      const { name, role, axes, from, to, sphere, torchName } = slots[index]!;
      expect(facts).toMatchObject({ name, role, axes, from, to, sphere, torchName });
    });
    expect(family.neurons.map(({ name, size }) => [name, size])).toEqual([
      ['input', 30],
      ['h1', 'h1'],
      ['h2', 'h2'],
      ['output', 2],
    ]);
  });

  it('gives the symbols of one network', () => {
    const network = networkOf(architecture([30, 16, 8, 2]));
    expect(familySizes(network)).toEqual({ h1: 16, h2: 8 });
    expect(familySizes(networkOf(graphArchitecture(block(4, 6, 9))))).toEqual({ h1: 6, h2: 9 });
  });

  it('is one for residual networks of any widths, also where these coincide', () => {
    const family = familyOf(block(4, 6, 9));
    expect(familyOf(block(4, 5, 5))).toEqual(family);
    expect(familyOf(block(5, 6, 9)).key).not.toBe(family.key);
    expect(family.tensors.map(({ shape }) => shape)).toEqual([
      [4, 'h1'],
      ['h1'],
      ['h1', 'h2'],
      ['h2'],
      ['h2', 'h1'],
      ['h1'],
      ['h1', 3],
      [3],
    ]);
  });

  it('tells graphs apart that are wired otherwise', () => {
    const form = block(4, 6, 6);
    const wired = (inputs: readonly string[]): Form => ({
      ...form,
      nodes: form.nodes.map((node) => (node.op === 'add' ? add(inputs) : node)),
    });
    const keys = [
      form,
      wired(['up', 'stem']),
      wired(['up', 'x', 'x']),
      wired(['up', 'x', 'stem']),
    ].map((each) => familyOf(each).key);
    expect(new Set(keys).size).toBe(4);
  });

  it('keeps what the task fixes a number', () => {
    const { tensors } = familyOf({
      input: [4],
      nodes: [
        dense(4, 'a'),
        add(['a', 'input']),
        dense(7),
        dense(2, 'b'),
        dense(2),
        add(['b', '4']),
      ],
    });
    expect(tensors.map(({ shape }) => shape)).toEqual([
      [4, 4],
      [4],
      [4, 'h1'],
      ['h1'],
      ['h1', 2],
      [2],
      [2, 2],
      [2],
    ]);
    expect(familyOf(residual()).key).not.toContain('tanh');
  });
});
