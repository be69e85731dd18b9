import { describe, expect, it } from 'vitest';

import { alignPopulation } from '../../src/alignment/align-population.js';
import {
  matchWeights,
  WeightMatcher,
  type WeightMatch,
} from '../../src/alignment/weight-matching.js';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { initialise } from '../../src/network/initialise.js';
import { permutationSpec } from '../../src/network/permutation-spec.js';
import {
  identityPermutations,
  invertPermutation,
  permuteNeurons,
} from '../../src/network/permute.js';
import { Random } from '../../src/random.js';
import { add, dense, graphArchitecture, residual, GRAPH_FORMS } from '../network/graphs.js';
import { rescaled } from './rescale.js';

const SHAPES = [
  [3, 2],
  [5, 7, 3],
  [30, 16, 16, 2],
  [4, 9, 8, 7, 3],
  [2, 1, 6, 2],
];

function permutationsOf(n: number): number[][] {
  if (n === 0) return [[]];
  return permutationsOf(n - 1).flatMap((rest) =>
    Array.from({ length: n }, (_, at) => [...rest.slice(0, at), n - 1, ...rest.slice(at)]),
  );
}

function squaredDistance(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  factors: Float64Array,
): number {
  return factors.reduce((sum, factor, i) => sum + factor ** 2 * (a[i]! - b[i]!) ** 2, 0);
}

describe('matchWeights', () => {
  for (const layers of SHAPES) {
    const arch = architecture(layers);
    const spec = permutationSpec(arch);
    const name = layers.join('-');

    it(`undoes a permutation of ${name}, also of a slightly noisy copy`, () => {
      const random = new Random(21, name);
      for (let trial = 0; trial < 5; trial++) {
        const reference = initialise(arch, random);
        const shuffle = spec.groups.map(({ size }) => random.permutation(size));
        const shuffled = permuteNeurons(reference, arch, spec, shuffle);
        const match = matchWeights(reference, shuffled, arch);
        expect(permuteNeurons(shuffled, arch, spec, match.permutations)).toEqual(reference);
        expect(Float32Array.from(match.aligned)).toEqual(reference);

        const noisy = shuffled.map((w) => w + 0.02 * random.normal());
        expect(matchWeights(reference, noisy, arch).permutations).toEqual(match.permutations);
      }
    });

    it(`never lowers the objective on unrelated networks ${name}`, () => {
      const random = new Random(22, name);
      const matcher = new WeightMatcher(arch, { random });
      for (let trial = 0; trial < 10; trial++) {
        const reference = initialise(arch, random);
        const network = initialise(arch, random);
        const { trace, objective, aligned, permutations } = matcher.match(reference, network);
        for (let sweep = 1; sweep < trace.length; sweep++) {
          expect(trace[sweep]!).toBeGreaterThan(trace[sweep - 1]!);
        }
        expect(trace.length).toBeLessThan(100);
        expect(objective).toBe(trace.at(-1));
        const dot = reference.reduce((sum, w, i) => sum + w * aligned[i]!, 0);
        expect(Math.abs(dot - objective)).toBeLessThan(1e-9);
        expect(permuteNeurons(network, arch, spec, permutations)).toEqual(
          Float32Array.from(aligned),
        );
        // A coordinate-wise optimum: matching its own result again moves nothing.
        expect(matcher.match(reference, aligned.slice()).permutations).toEqual(
          identityPermutations(spec),
        );
      }
    });
  }

  it('is the global optimum for one hidden layer, in scaled coordinates, too', () => {
    const arch = architecture([3, 5, 2]);
    const spec = permutationSpec(arch);
    const random = new Random(23);
    for (const scales of [undefined, [3, 0.1, 7, 1], [0, 1, 0, 1]]) {
      const factors = new Float64Array(32);
      networkOf(arch).slots.forEach(({ offset, size }, t) => {
        factors.fill(scales?.[t] ?? 1, offset, offset + size);
      });
      for (let trial = 0; trial < 5; trial++) {
        const reference = initialise(arch, random);
        const network = initialise(arch, random);
        const options = scales === undefined ? {} : { scales };
        const { aligned } = matchWeights(reference, network, arch, options);
        const nearest = Math.min(
          ...permutationsOf(5).map((p) => {
            const permuted = permuteNeurons(network, arch, spec, [Int32Array.from(p)]);
            return squaredDistance(reference, permuted, factors);
          }),
        );
        expect(squaredDistance(reference, aligned, factors)).toBeCloseTo(nearest, 9);
      }
    }
  });

  it('stops after maxSweeps', () => {
    const arch = architecture([4, 20, 20, 20, 2]);
    const random = new Random(24);
    const [a, b] = [initialise(arch, random), initialise(arch, random)];
    expect(matchWeights(a, b, arch, { maxSweeps: 0 }).trace.length).toBe(1);
    expect(matchWeights(a, b, arch, { maxSweeps: 1 }).trace.length).toBe(2);
    expect(matchWeights(a, b, arch).trace.length).toBeGreaterThan(2);
  });

  it('refuses lengths and numbers that cannot be matched', () => {
    const arch = architecture([2, 3, 1]);
    const weights = new Float32Array(13);
    expect(() => matchWeights(weights, weights.subarray(1), arch)).toThrow('13 weights, got 12');
    expect(() => matchWeights(weights, weights.with(4, NaN), arch)).toThrow('got NaN at 4');
    expect(() => matchWeights(weights.with(0, Infinity), weights, arch)).toThrow('got Infinity');
    expect(() => matchWeights(weights, weights, arch, { scales: [1] })).toThrow('4 scales');
  });
});

describe('matchWeights of residual networks', () => {
  for (const [name, form] of Object.entries(GRAPH_FORMS)) {
    const arch = graphArchitecture(form);
    const spec = permutationSpec(arch);

    // One order of the groups may end in a local optimum; the best of a few does not here.
    it(`undoes a permutation of ${name}, also of a slightly noisy copy`, () => {
      const random = new Random(27, name);
      const matcher = new WeightMatcher(arch, { random });
      const best = (reference: Float32Array, network: Float32Array): WeightMatch =>
        Array.from({ length: 6 }, () => {
          const match = matcher.match(reference, network);
          return { ...match, aligned: match.aligned.slice() };
        }).reduce((a, b) => (b.objective > a.objective ? b : a));
      let atOnce = 0;
      for (let trial = 0; trial < 5; trial++) {
        const reference = initialise(arch, random);
        const shuffle = spec.groups.map(({ size }) => random.permutation(size));
        const shuffled = permuteNeurons(reference, arch, spec, shuffle);
        const undone = shuffle.map(invertPermutation);
        const match = best(reference, shuffled);
        expect(match.permutations).toEqual(undone);
        expect(Float32Array.from(match.aligned)).toEqual(reference);
        const noisy = shuffled.map((w) => w + 0.02 * random.normal());
        expect(best(reference, noisy).permutations).toEqual(undone);
        const first = matchWeights(reference, shuffled, arch);
        if (first.objective === match.objective) atOnce++;
      }
      expect(atOnce).toBeGreaterThanOrEqual(4);
    });

    it(`never lowers the objective on unrelated networks of ${name}`, () => {
      const random = new Random(28, name);
      const matcher = new WeightMatcher(arch, { random });
      for (let trial = 0; trial < 20; trial++) {
        const reference = initialise(arch, random);
        const network = initialise(arch, random);
        const { trace, objective, aligned, permutations } = matcher.match(reference, network);
        for (let sweep = 1; sweep < trace.length; sweep++) {
          expect(trace[sweep]!).toBeGreaterThan(trace[sweep - 1]!);
        }
        expect(trace.length).toBeLessThan(100);
        const dot = reference.reduce((sum, w, i) => sum + w * aligned[i]!, 0);
        expect(Math.abs(dot - objective)).toBeLessThan(1e-9);
        expect(permuteNeurons(network, arch, spec, permutations)).toEqual(
          Float32Array.from(aligned),
        );
      }
    });
  }

  it('declines steps that lower a quadratic objective', () => {
    // One group of two neurons with a layer from it to itself, all other weights zero.
    const arch = graphArchitecture({
      input: [1],
      nodes: [dense(2, 'stem'), dense(2, 'self'), add(['self', 'stem']), dense(1, 'head')],
    });
    const self = (matrix: readonly number[]): number[] => {
      const { slots, parameters } = networkOf(arch);
      const weights = new Array<number>(parameters).fill(0);
      const { offset } = slots.find(({ node }) => node === 'self')!;
      matrix.forEach((value, at) => (weights[offset + at] = value));
      return weights;
    };
    // To exchange the rows alone would gain, as would the columns alone; both together lose.
    const reference = self([-1, 2, 2, -1]);
    const network = self([1, -0.5, -0.5, 1]);
    const match = matchWeights(reference, network, arch);
    expect(match.permutations).toEqual([Int32Array.of(0, 1)]);
    expect(match.trace).toEqual([-4]);
    expect([...match.aligned]).toEqual(network);
    // Where both together gain, the neurons are exchanged.
    const exchanged = matchWeights(self([2, 0, 0, -1]), self([-1, 0, 0, 2]), arch);
    expect(exchanged.permutations).toEqual([Int32Array.of(1, 0)]);
    expect(exchanged.trace).toEqual([-4, 5]);
  });
});

describe('alignPopulation', () => {
  it('brings permuted copies to the chosen reference', async () => {
    const arch = architecture([5, 6, 4, 2]);
    const spec = permutationSpec(arch);
    const random = new Random(25);
    const original = initialise(arch, random);
    const copies = Array.from({ length: 4 }, () =>
      permuteNeurons(
        original,
        arch,
        spec,
        spec.groups.map(({ size }) => random.permutation(size)),
      ),
    );
    const byIndex = await alignPopulation(copies, arch, { reference: 2 });
    expect(byIndex.networks).toEqual(copies.map(() => copies[2]));
    expect(byIndex.permutations[2]).toEqual(identityPermutations(spec));
    expect((await alignPopulation(copies, arch, { reference: original })).networks).toEqual(
      copies.map(() => original),
    );
    expect((await alignPopulation(copies, arch)).networks[3]).toEqual(copies[0]);
    expect((await alignPopulation([], arch, { reference: original })).networks).toEqual([]);
    await expect(alignPopulation(copies, arch, { reference: 4 })).rejects.toThrow('4 networks');
  });

  it('sees through rescaled neurons of a residual network', async () => {
    const arch = graphArchitecture(residual());
    const spec = permutationSpec(arch);
    const random = new Random(29);
    const original = initialise(arch, random);
    const shuffle = spec.groups.map(({ size }) => random.permutation(size));
    const scrambled = rescaled(permuteNeurons(original, arch, spec, shuffle), arch, () =>
      Math.exp(2 * random.normal()),
    );
    const { permutations } = await alignPopulation([original, scrambled], arch);
    expect(permutations[1]).toEqual(shuffle.map(invertPermutation));
  });

  it('sees through rescaled relu neurons, whose canonical forms it compares', async () => {
    const arch = architecture([5, 8, 6, 2]);
    const spec = permutationSpec(arch);
    const random = new Random(26);
    const original = initialise(arch, random);
    const shuffle = spec.groups.map(({ size }) => random.permutation(size));
    const scrambled = permuteNeurons(original, arch, spec, shuffle);
    // Neuron j of the first hidden layer: incoming weights and bias × c, outgoing weights / c.
    for (let j = 0; j < 8; j++) {
      const c = Math.exp(3 * random.normal());
      for (let i = 0; i < 6; i++) scrambled[i * 8 + j]! *= c;
      for (let k = 0; k < 6; k++) scrambled[48 + j * 6 + k]! /= c;
    }
    const undone = shuffle.map(invertPermutation);
    const byForm = await alignPopulation([original, scrambled], arch);
    expect(byForm.permutations[1]).toEqual(undone);
    expect(byForm.networks[1]).toEqual(permuteNeurons(scrambled, arch, spec, undone));
    expect(byForm.networks[0]).toEqual(original);
    const byWeights = await alignPopulation([original, scrambled], arch, { compare: 'weights' });
    expect(byWeights.permutations[1]).not.toEqual(undone);
    // Other activations have no such form: theirs are compared as they are.
    const tanh = architecture([5, 8, 6, 2], 'tanh');
    expect(await alignPopulation([original, scrambled], tanh)).toEqual(byWeights);
    await expect(alignPopulation([original], tanh, { compare: 'canonical' })).rejects.toThrow(
      '/tanh: such networks',
    );
  });
});
