import { describe, expect, it } from 'vitest';
import { measureCopying } from '../../../src/experiments/scaling/copying.js';
import { fitCoordinates } from '../../../src/flow/fit-coordinates.js';
import { randomNetworks, shuffled, small } from '../../evaluation/spirals-zoo.js';

const networks = randomNetworks(small, 12, 1);
const coordinates = await fitCoordinates([{ architecture: small, networks }], 'geometric');
const numbered = (weights: readonly Float32Array[]) =>
  weights.map((own, run) => ({ architecture: 0, run, step: 1, isFinal: true, weights: own }));
const question = {
  architecture: small,
  coordinates,
  trained: numbered(networks.slice(0, 8)),
  outside: numbered(networks.slice(8)),
  most: 64,
};

describe('measureCopying', () => {
  it('finds copies, whatever the order of their neurons', async () => {
    const copies = networks.slice(0, 8).map((weights, k) => shuffled(small, weights, k));
    const figures = await measureCopying({ ...question, samples: copies }, undefined);
    expect(figures.novelty).toBeCloseTo(0, 3);
    expect(figures.dispersion).toBeCloseTo(1, 5);
    expect(figures.heldOutNovelty).toBeGreaterThan(0.5);
  });

  it('gives samples that are runs outside what these have', async () => {
    const samples = networks.slice(8);
    const figures = await measureCopying({ ...question, samples }, undefined);
    expect(figures.novelty).toBe(figures.heldOutNovelty);
  });

  it('sees samples that are all alike', async () => {
    const samples = [networks[9]!, shuffled(small, networks[9]!, 5), networks[9]!];
    const { dispersion } = await measureCopying({ ...question, samples }, undefined);
    expect(dispersion).toBeCloseTo(0, 3);
  });

  it('has nothing to say of what is not there', async () => {
    const figures = await measureCopying(
      { ...question, outside: [], samples: networks.slice(8, 9) },
      undefined,
    );
    expect(figures).toMatchObject({ heldOutNovelty: null, dispersion: null });
  });
});
