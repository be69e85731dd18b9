import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { NeuronTransformer } from '../../src/velocity/neuron-transformer.js';
import { thrownBy } from '../support/error-code.js';
import { largestDifference, permuteHidden, rotations } from './permute-point.js';
import { predictReference, randomPoint, TINY } from './tiny-network.js';

describe('NeuronTransformer', () => {
  it('is not equivariant with slots', () => {
    const layers = [3, 5, 4, 2];
    const config = { ...TINY, slots: 5 };
    const point = randomPoint(layers);
    const orders = rotations(layers);
    const permuted = predictReference(config, permuteHidden(point, orders));
    const expected = permuteHidden(predictReference(config, point), orders);
    expect(largestDifference(permuted, expected)).toBeGreaterThan(1e-3);
  });

  it('serves no more neurons in a layer than it has slots', () => {
    const { served } = new NeuronTransformer({ ...TINY, slots: 5 });
    served.assertServed(architecture([3, 5, 2]));
    const attempt = thrownBy(() => {
      served.assertServed(architecture([3, 6, 2]));
    });
    expect(attempt.code).toBe('unsupported-architecture');
    expect(served.widths).toEqual({ min: 1, max: 5 });
  });

  it('refuses heads that do not divide its width', () => {
    expect(thrownBy(() => new NeuronTransformer({ ...TINY, heads: 3 })).code).toBe(
      'invalid-argument',
    );
  });
});
