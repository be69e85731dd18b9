import { describe, expect, it } from 'vitest';
import { ACTIVATIONS, architecture } from '../../src/network/architecture.js';
import { familySizes } from '../../src/network/family.js';
import { initialise } from '../../src/network/initialise.js';
import type { LayeredForm } from '../../src/network/layers/layered.js';
import { networkOf } from '../../src/network/network.js';
import {
  batchShapes,
  familyLayout,
  hiddenCount,
  networkLayout,
} from '../../src/network/point-layout.js';
import { dimValue } from '../../src/onnx/dim-value.js';
import { Random } from '../../src/random.js';
import { fittedSpace } from '../support/fitted-space.js';

const ARCH = architecture([3, 5, 4, 2]);

/** Perceptrons of every depth up to four hidden layers, with widths from 1. */
const PERCEPTRONS = Array.from({ length: 40 }, (_, index): LayeredForm => {
  const random = new Random(1, 'perceptron', index);
  const widths = Array.from({ length: 2 + (index % 5) }, () => 1 + random.integer(9));
  return architecture(widths, ACTIVATIONS[random.integer(ACTIVATIONS.length)]);
});

describe('the layout of points', () => {
  it('has the tensors of the network, and what they lead from and to', () => {
    const { neurons, tensors } = networkLayout(ARCH, false);
    expect(neurons).toEqual([
      { name: 'input', size: 3, isFixed: true },
      { name: 'h1', size: 5, isFixed: false },
      { name: 'h2', size: 4, isFixed: false },
      { name: 'output', size: 2, isFixed: true },
    ]);
    const facts = tensors.map(({ name, role, shape, from, to }) => [name, role, shape, from, to]);
    expect(facts).toEqual([
      ['w1', 'weight', [3, 5], 'input', 'h1'],
      ['b1', 'bias', [5], null, 'h1'],
      ['w2', 'weight', [5, 4], 'h1', 'h2'],
      ['b2', 'bias', [4], null, 'h2'],
      ['w3', 'weight', [4, 2], 'h2', 'output'],
      ['b3', 'bias', [2], null, 'output'],
    ]);
  });

  it('ends with the log scale of the last layer, in no space but the line, for canonical forms', () => {
    const { tensors } = networkLayout(ARCH, true);
    expect(tensors.slice(0, -1)).toEqual(networkLayout(ARCH, false).tensors);
    expect(tensors.at(-1)).toEqual({
      name: 's',
      node: '',
      axes: [null],
      role: 'log-scale',
      shape: [1],
      from: null,
      to: 'output',
      sphere: null,
      features: 1,
    });
  });

  it('puts what leads to a hidden neuron on its sphere, and the last matrix on one', () => {
    const spheres = networkLayout(ARCH, true).tensors.map(({ sphere }) => sphere);
    expect(spheres).toEqual(['neurons', null, 'neurons', null, 'whole', null, null]);
  });

  it('has symbols for a family, behind the batch', () => {
    expect(batchShapes(familyLayout(networkOf(ARCH).family, true))).toEqual([
      ['batch', 3, 'h1'],
      ['batch', 'h1'],
      ['batch', 'h1', 'h2'],
      ['batch', 'h2'],
      ['batch', 'h2', 2],
      ['batch', 2],
      ['batch', 1],
    ]);
  });

  it('counts the sets of hidden neurons', () => {
    for (const arch of PERCEPTRONS) {
      const hidden = arch.layers.length - 2;
      expect(hiddenCount(networkLayout(arch, true))).toBe(hidden);
      expect(hiddenCount(networkOf(arch).family)).toBe(hidden);
    }
  });
});

describe.each([false, true])('of random perceptrons, canonical: %s', (isCanonical) => {
  it('agrees with the slots of the network', () => {
    for (const arch of PERCEPTRONS) {
      const { slots, neurons, parameters } = networkOf(arch);
      const layout = networkLayout(arch, isCanonical);
      expect(layout.neurons).toEqual(neurons);
      expect(layout.tensors.length).toBe(slots.length + (isCanonical ? 1 : 0));
      const size = layout.tensors
        .map(({ shape }) => shape.reduce((product, dim) => product * dim, 1))
        .reduce((sum, each) => sum + each, 0);
      expect(size).toBe(parameters + (isCanonical ? 1 : 0));
      slots.forEach((slot, index) => {
        const { name, role, shape, from, to, sphere, features } = layout.tensors[index]!;
        expect(slot).toMatchObject({ name, role, shape, from, to, sphere, features });
      });
    }
  });

  it('names neurons that have as many members as the axes of its tensors', () => {
    for (const arch of PERCEPTRONS) {
      const { neurons, tensors } = networkLayout(arch, isCanonical);
      const sizes = new Map(neurons.map(({ name, size }) => [name, size]));
      for (const { role, shape, from, to } of tensors) {
        const ends = from === null ? [sizes.get(to)] : [sizes.get(from), sizes.get(to)];
        if (role !== 'log-scale') expect(shape).toEqual(ends);
      }
    }
  });

  it('is that of the family at the sizes of the network', () => {
    for (const arch of PERCEPTRONS) {
      const network = networkOf(arch);
      const symbolic = familyLayout(network.family, isCanonical);
      const layout = networkLayout(arch, isCanonical);
      const sizes = { batch: 7, ...familySizes(network) };
      expect(
        batchShapes(symbolic).map((shape) => shape.map((dim) => dimValue(dim, sizes))),
      ).toEqual(layout.tensors.map(({ shape }) => [7, ...shape]));
      const names = (each: { readonly tensors: readonly { readonly name: string }[] }) =>
        each.tensors.map(({ name }) => name);
      expect(names(symbolic)).toEqual(names(layout));
    }
  });

  it('has the shapes of the points of a weight space', async () => {
    const relu = PERCEPTRONS.map(({ layers }) => architecture(layers));
    for (const arch of relu) {
      const networks = [initialise(arch, new Random(2))];
      const geometry = isCanonical ? 'normalized' : 'euclidean';
      const space = await fittedSpace(arch, networks, geometry);
      const point = space.pack([space.prior(new Random(3))]);
      expect(space.layout).toEqual(networkLayout(arch, isCanonical));
      expect(point.map(({ shape }) => shape.slice(1))).toEqual(
        space.layout.tensors.map(({ shape }) => shape),
      );
    }
  });
});
