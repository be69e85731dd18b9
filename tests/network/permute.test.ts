import { describe, expect, it } from 'vitest';

import { ACTIVATIONS, architecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { initialise } from '../../src/network/initialise.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import {
  identityPermutations,
  invertPermutation,
  permuteNeurons,
} from '../../src/network/permute.js';
import { Random } from '../../src/random.js';

const SHAPES = [
  [4, 3],
  [5, 7, 3],
  [3, 6, 4, 2],
  [2, 5, 5, 5, 3],
  [3, 1, 4, 1, 2],
];

describe('permuteNeurons', () => {
  for (const layers of SHAPES) {
    it(`keeps the function of ${layers.join('-')} to 1e-12`, () => {
      const random = new Random(5, layers.join('-'));
      for (const activation of ACTIVATIONS) {
        const arch = architecture(layers, activation);
        const spec = permutationSpec(arch);
        const weights = initialise(arch, random);
        const permutations = spec.groups.map(({ size }) => random.permutation(size));
        const permuted = permuteNeurons(weights, arch, spec, permutations);
        const x = random.normals(16 * layers[0]!);
        const before = forward(arch, weights, x);
        forward(arch, permuted, x).forEach((logit, i) => {
          expect(Math.abs(logit - before[i]!)).toBeLessThan(1e-12);
        });
        const inverse = permutations.map(invertPermutation);
        expect(permuteNeurons(permuted, arch, spec, inverse)).toEqual(weights);
        expect(permuteNeurons(weights, arch, spec, identityPermutations(spec))).toEqual(weights);
      }
    });
  }

  it('moves the neuron that the permutation names', () => {
    const arch = architecture([2, 2, 1]);
    const weights = [1, 2, 3, 4, 10, 20, 100, 200, 7];
    const swap = [Int32Array.of(1, 0)];
    expect([...permuteNeurons(weights, arch, permutationSpec(arch), swap)]).toEqual([
      2, 1, 4, 3, 20, 10, 200, 100, 7,
    ]);
  });

  it('composes: twice in a row is once by the composition', () => {
    const arch = architecture([3, 6, 4, 2]);
    const spec = permutationSpec(arch);
    const random = new Random(6);
    const weights = initialise(arch, random);
    const first = spec.groups.map(({ size }) => random.permutation(size));
    const second = spec.groups.map(({ size }) => random.permutation(size));
    const both = first.map((p, group) => second[group]!.map((from) => p[from]!));
    expect(permuteNeurons(permuteNeurons(weights, arch, spec, first), arch, spec, second)).toEqual(
      permuteNeurons(weights, arch, spec, both),
    );
  });

  it('refuses what is not a permutation of the group', () => {
    const arch = architecture([2, 3, 1]);
    const spec = permutationSpec(arch);
    const weights = new Float32Array(13);
    const permute = (p: number[]) => permuteNeurons(weights, arch, spec, [Int32Array.from(p)]);
    expect(() => permute([0, 1])).toThrow('3 neurons for group h1, got 2');
    expect(() => permute([0, 1, 1])).toThrow('got 1 at position 2');
    expect(() => permute([0, 1, 3])).toThrow('got 3 at position 2');
    expect(() => permuteNeurons(weights, arch, spec, [])).toThrow('got none');
    expect(() => permuteNeurons(weights.subarray(1), arch, spec, [])).toThrow('got 12');
  });
});
