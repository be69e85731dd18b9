import { describe, expect, it } from 'vitest';

import { matchActivations } from '../../src/alignment/activation-matching.js';
import { ACTIVATIONS, architecture } from '../../src/architecture/architecture.js';
import { initialise } from '../../src/architecture/initialise.js';
import { mlpPermutationSpec } from '../../src/architecture/permutation-spec.js';
import { invertPermutation, permuteNeurons } from '../../src/architecture/permute.js';
import { Random } from '../../src/random.js';

describe('matchActivations', () => {
  for (const activation of ACTIVATIONS) {
    it(`undoes a permutation of a ${activation} network`, () => {
      const arch = architecture([6, 9, 7, 3], activation);
      const spec = mlpPermutationSpec(arch);
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

  it('compares what neurons do, not how large or how offset they are', () => {
    // Two tanh neurons: x₀ and x₁, nearly linear. The other network has them swapped, one of them
    // small and with a large outgoing weight, so that no weights resemble.
    const arch = architecture([2, 2, 1], 'tanh');
    const reference = [0.1, 0, 0, 0.1, 0, 0, 1, 1, 0];
    const network = [0, 0.1, 0.001, 0, 0, 0, 100, 1, 0];
    const x = new Random(42).normals(2 * 100);
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
