import { describe, expect, it } from 'vitest';
import { ACTIVATIONS, architecture, type Activation } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { forward } from '../../src/network/forward.js';
import { Random } from '../../src/random.js';
import { storedStandardisation } from '../../src/data/standardisation.js';
import { foldInputScaling, unfoldInputScaling } from '../../src/formats/input-scaling.js';
import { thrownBy } from '../support/error-code.js';

/** Of every size that features have: areas, fractions, dates, one that never varies. */
const STANDARDISATION = {
  mean: [650, 0.05, -3, 1.7e9, 42],
  scale: [350, 0.01, 0.5, 3e7, 1],
};
const ROWS = 7;

const network = (layers: readonly number[], activation: Activation = 'relu') => {
  const arch = architecture([5, ...layers], activation);
  return { arch, weights: new Random(3, ...layers).normals(networkOf(arch).parameters) };
};

/** The same rows as they are, and standardised. */
function features(): { raw: Float64Array; standardised: Float64Array } {
  const standardised = Float64Array.from(new Random(5).normals(5 * ROWS));
  const { mean, scale } = STANDARDISATION;
  const raw = standardised.map((z, i) => mean[i % 5]! + z * scale[i % 5]!);
  return { raw, standardised };
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe('weights for raw features', () => {
  it.each([[[3]], [[8, 2]], [[6, 4, 3]]])(
    'compute what the weights for standardised ones do: 5-%j (1e-4)',
    (layers) => {
      const { raw, standardised } = features();
      for (const activation of ACTIVATIONS) {
        const { arch, weights } = network(layers, activation);
        const folded = foldInputScaling(arch, weights, STANDARDISATION);
        const expected = forward(arch, weights, standardised);
        expect(distance(forward(arch, folded, raw), expected)).toBeLessThan(1e-4);
        // And nothing else does.
        expect(distance(forward(arch, weights, raw), expected)).toBeGreaterThan(1);
      }
    },
  );

  it('are undone up to rounding: each weight to 2 units in the last place, biases to 1e-5', () => {
    const { arch, weights } = network([6, 4, 3]);
    const folded = foldInputScaling(arch, weights, STANDARDISATION);
    const back = unfoldInputScaling(arch, folded, STANDARDISATION);
    const biasAt = networkOf(arch).inputs * networkOf(arch).groups[0]!.size;
    const restAt = biasAt + networkOf(arch).groups[0]!.size;
    weights.subarray(0, biasAt).forEach((weight, i) => {
      expect(Math.abs(back[i]! - weight)).toBeLessThanOrEqual(2 ** -22 * Math.abs(weight));
    });
    expect(distance(back.subarray(biasAt, restAt), weights.subarray(biasAt, restAt))).toBeLessThan(
      1e-5,
    );
    expect(back.subarray(restAt)).toEqual(weights.subarray(restAt));
    expect(folded.subarray(restAt)).toEqual(weights.subarray(restAt));
  });

  it('leave the weights that they are made of alone', () => {
    const { arch, weights } = network([4, 2]);
    const before = weights.slice();
    foldInputScaling(arch, weights, STANDARDISATION);
    expect(weights).toEqual(before);
  });

  it('are the weights themselves where nothing is to be standardised', () => {
    const { arch, weights } = network([4, 2]);
    const none = { mean: [0, 0, 0, 0, 0], scale: [1, 1, 1, 1, 1] };
    expect(foldInputScaling(arch, weights, none)).toEqual(weights);
  });

  it('are refused where float32 cannot hold them', () => {
    const { arch, weights } = network([4, 2]);
    const tiny = { ...STANDARDISATION, scale: [1, 1, 1e-39, 1, 1] };
    const error = thrownBy(() => foldInputScaling(arch, weights, tiny));
    expect(error).toMatchObject({ code: 'invalid-argument' });
    expect(error.message).toContain('inputScaling separate');
  });
});

describe('a stored standardisation', () => {
  it('is the float32 that a graph holds, in nine digits', () => {
    const mean = [...new Random(1).normals(1000)].map((x) => x * 10 ** (x * 8) + Math.PI / 3e9);
    const stored = storedStandardisation({ mean, scale: mean });
    expect(Float32Array.from(stored.mean)).toEqual(Float32Array.from(mean));
    expect(stored.scale).toEqual(stored.mean);
    const texts = stored.mean.map((value) => value.toExponential().replace(/e.*|\D/g, ''));
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(9);
  });
});
