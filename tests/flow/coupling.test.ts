import { describe, expect, it } from 'vitest';
import {
  architecture,
  parameterCount,
  type Architecture,
} from '../../src/architecture/architecture.js';
import { forward } from '../../src/architecture/forward.js';
import { mlpPermutationSpec } from '../../src/architecture/permutation-spec.js';
import { permuteNeurons } from '../../src/architecture/permute.js';
import { createCoupling } from '../../src/flow/coupling.js';
import { fitTensorScales } from '../../src/flow/tensor-scales.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import { Random } from '../../src/random.js';

const DEEP = architecture([3, 6, 5, 2], 'tanh');
const SHALLOW = architecture([3, 6, 2], 'tanh');

function batch(arch: Architecture, label: string): Float32Array[] {
  return [0, 1, 2, 3].map((row) => new Random(2, label, row).normals(parameterCount(arch)));
}

function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
}

describe('independent coupling', () => {
  it('leaves the data as they are', () => {
    const x1 = batch(DEEP, 'data');
    expect(createCoupling('independent', DEEP)(batch(DEEP, 'noise'), x1)).toEqual(x1);
  });
});

describe('equivariant coupling', () => {
  const x0 = batch(DEEP, 'noise');
  const x1 = batch(DEEP, 'data');

  it('keeps the function of every network, scales per tensor included (1e-5)', () => {
    const networks = x1.map((weights) => weights.map((value, i) => (i < 24 ? 0.3 : 0.9) * value));
    const space = new WeightSpace(DEEP, fitTensorScales([{ architecture: DEEP, networks }]));
    const standardised = networks.map((weights) => space.standardise(weights));
    const coupled = createCoupling('equivariant', DEEP)(x0, standardised);
    const inputs = new Random(9).normals(3 * 20);
    space.decode(space.pack(coupled)).forEach((weights, row) => {
      expect([...weights]).not.toEqual([...networks[row]!]);
      const expected = forward(DEEP, networks[row]!, inputs);
      forward(DEEP, weights, inputs).forEach((logit, i) => {
        expect(Math.abs(logit - expected[i]!)).toBeLessThan(1e-5);
      });
    });
  });

  it('holds the same numbers as the network', () => {
    createCoupling('equivariant', DEEP)(x0, x1).forEach((coupled, row) => {
      expect(Array.from(coupled).sort()).toEqual([...x1[row]!].sort());
    });
  });

  it('brings every pair nearer than independent coupling', () => {
    createCoupling('equivariant', DEEP)(x0, x1).forEach((coupled, row) => {
      expect(inner(x0[row]!, coupled)).toBeGreaterThan(inner(x0[row]!, x1[row]!));
    });
  });

  it('undoes a permutation, exactly for one hidden layer', () => {
    const noise = batch(SHALLOW, 'noise');
    const shuffled = noise.map((weights, row) =>
      permuteNeurons(weights, SHALLOW, mlpPermutationSpec(SHALLOW), [
        new Random(row).permutation(6),
      ]),
    );
    expect(createCoupling('equivariant', SHALLOW)(noise, shuffled)).toEqual(noise);
  });

  it('gives the same pairs whenever it is asked', () => {
    const coupling = createCoupling('equivariant', DEEP);
    const first = coupling(x0, x1);
    const kept = first.map((row) => Array.from(row));
    coupling(x1, x0);
    expect(coupling(x0, x1)).toEqual(first);
    expect(first.map((row) => Array.from(row))).toEqual(kept);
  });
});
