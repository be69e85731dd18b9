import { describe, expect, it } from 'vitest';

import { matchActivations } from '../../src/alignment/activation-matching.js';
import { ACTIVATIONS, architecture, type Architecture } from '../../src/network/architecture.js';
import { forward, groupValues } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { networkOf } from '../../src/network/network.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import { invertPermutation, permuteNeurons } from '../../src/network/permute.js';
import { Random } from '../../src/random.js';
import { graphArchitecture, GRAPH_FORMS } from '../network/graphs.js';
import { deviation } from '../ops/finite-differences.js';
import { rescaled } from './rescale.js';

/** How many neurons of a group no value that is read varies of. */
function deadNeurons(
  arch: Architecture,
  weights: Float32Array,
  x: Float32Array,
  group: number,
): number {
  const values = groupValues(arch, weights, x)[group]!;
  const { size } = networkOf(arch).groups[group]!;
  return Array.from({ length: size }, (_, j) => j).filter((j) =>
    values.every((value) => value.every((entry, at) => at % size !== j || entry === value[j])),
  ).length;
}

describe('matchActivations', () => {
  for (const activation of ACTIVATIONS) {
    it(`undoes a permutation of a ${activation} network`, () => {
      const arch = architecture([6, 9, 7, 3], activation);
      const spec = permutationSpec(arch);
      const random = new Random(41, activation);
      const reference = initialise(arch, random);
      const shuffle = spec.groups.map(({ size }) => random.permutation(size));
      const shuffled = permuteNeurons(reference, arch, spec, shuffle);
      const x = random.normals(200 * 6);
      expect(matchActivations(reference, shuffled, arch, x)).toEqual(
        shuffle.map(invertPermutation),
      );
    });
  }

  for (const [name, form] of Object.entries(GRAPH_FORMS)) {
    it(`undoes a permutation of ${name}, of rescaled neurons too`, () => {
      const arch = graphArchitecture(form);
      const spec = permutationSpec(arch);
      const random = new Random(45, name);
      const reference = initialise(arch, random);
      const shuffle = spec.groups.map(({ size }) => random.permutation(size));
      const shuffled = permuteNeurons(reference, arch, spec, shuffle);
      const x = random.normals(300 * networkOf(arch).inputs);
      const copies = [shuffled, rescaled(shuffled, arch, () => Math.exp(random.normal()))];
      for (const copy of copies) {
        const permutations = matchActivations(reference, copy, arch, x);
        // Neurons that never fire have no order.
        const moved = permuteNeurons(copy, arch, spec, permutations);
        const expected = forward(arch, reference, x);
        expect(deviation(forward(arch, moved, x), expected)).toBeLessThan(1e-4);
        permutations.forEach((permutation, group) => {
          const inverse = invertPermutation(shuffle[group]!);
          const wrong = permutation.filter((from, to) => from !== inverse[to]).length;
          expect(wrong, spec.groups[group]!.name).toBeLessThanOrEqual(
            deadNeurons(arch, reference, x, group),
          );
        });
      }
    });
  }

  it('compares how neurons vary, not their offsets', () => {
    // Neurons tanh(0.1 x₀), tanh(1 + 0.1 x₁) against tanh(0.01 x₁), tanh(1 + 0.1 x₀): the large
    // offsets of the two second ones have nothing to do with each other.
    const arch = architecture([2, 2, 1], 'tanh');
    const reference = [0.1, 0, 0, 0.1, 0, 1, 1, 1, 0];
    const network = [0, 0.1, 0.01, 0, 0, 1, 1, 1, 0];
    const x = new Random(42).normals(2 * 200);
    expect(matchActivations(reference, network, arch, x)).toEqual([Int32Array.of(1, 0)]);
  });

  it('compares how neurons vary, not how much', () => {
    // Nearly linear neurons over three independent inputs, with correlations of about .9 and .8 in
    // the first row, .75 and .1 in the second: the swap is better, 1.55 to 1, unless the larger
    // weights of the first neurons of both networks count.
    const arch = architecture([3, 2, 1], 'tanh');
    const columns = (a: number[], b: number[]): number[] => [
      ...a.flatMap((value, i) => [0.1 * value, 0.01 * b[i]!]),
      ...[0, 0, 1, 1, 0],
    ];
    const reference = columns([1, 0, 0], [0.5, 0.8, -0.5]);
    const network = columns([0.9, 0.44, 0], [0.8, 0, 0.6]);
    const x = new Random(44).normals(3 * 2000);
    expect(matchActivations(reference, network, arch, x)).toEqual([Int32Array.of(1, 0)]);
  });

  it('gives dead neurons no say, and refuses activations that are not finite', () => {
    const arch = architecture([2, 2, 1]);
    // Neuron 1 of the reference and neuron 0 of the network never fire.
    const reference = [1, 0, 0, 0, 0, -1, 1, 1, 0];
    const network = [0, 1, 0, 0, -1, 0, 1, 1, 0];
    const x = new Random(43).normals(2 * 100);
    expect(matchActivations(reference, network, arch, x)).toEqual([Int32Array.of(1, 0)]);
    expect(() => matchActivations(reference, network, arch, x.with(0, NaN))).toThrow('NaN');
    expect(() => matchActivations(reference, network, arch, x.subarray(1))).toThrow('rows of 2');
    expect(matchActivations([1, 2, 3], [4, 5, 6], architecture([2, 1]), x)).toEqual([]);
  });
});
