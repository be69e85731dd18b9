import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import {
  anyWidths,
  deepestFamily,
  deepestHidden,
  oneArchitecture,
  type ServedFamilies,
} from '../../src/velocity/served-families.js';
import { thrownBy } from '../support/error-code.js';

const refusal = (served: ServedFamilies, layers: readonly number[]): string => {
  const { code, message, field } = thrownBy(() => {
    served.assertServed(architecture(layers));
  });
  expect([code, field]).toEqual(['unsupported-architecture', 'architecture.layers']);
  return message;
};

describe('a network of any widths', () => {
  const ends = { inputs: 3, outputs: 2, maxHiddenLayers: 2 };

  it('serves a family for every number of hidden layers, whatever the widths', () => {
    const served = anyWidths(ends);
    expect(served.families.map(({ key }) => key)).toEqual(['3-h1-2', '3-h1-h2-2']);
    expect(deepestHidden(served)).toBe(2);
    for (const layers of [
      [3, 1, 2],
      [3, 4096, 1, 2],
    ]) {
      served.assertServed(architecture(layers));
      served.assertServed(architecture(layers, 'tanh'));
    }
  });

  it('has a deepest family, wherever it stands', () => {
    const served = anyWidths(ends);
    const turned = { ...served, families: served.families.toReversed() };
    expect(deepestFamily(served).key).toBe('3-h1-h2-2');
    expect(deepestFamily(turned).key).toBe('3-h1-h2-2');
  });

  it('says what it serves to all else', () => {
    const served = anyWidths(ends);
    expect(refusal(served, [3, 2])).toBe('expected 1 to 2 hidden layers, got 0');
    expect(refusal(served, [3, 4, 4, 4, 2])).toBe('expected 1 to 2 hidden layers, got 3');
    for (const layers of [
      [4, 5, 2],
      [3, 5, 3],
    ]) {
      const got = `${layers.join('-')}/relu`;
      expect(refusal(served, layers)).toBe(`the velocity network serves 3-…-2, got ${got}`);
    }
  });

  it('serves no wider layers than it is told', () => {
    const served = anyWidths({ ...ends, maxWidth: 5 });
    served.assertServed(architecture([3, 5, 5, 2]));
    expect(refusal(served, [3, 5, 6, 2])).toBe(
      'the velocity network serves 3-…-2 with at most 5 neurons in a hidden layer, got 3-5-6-2/relu',
    );
  });
});

describe('a network of one architecture', () => {
  const served = oneArchitecture(architecture([3, 5, 4, 2]));

  it('serves it, with any activation, and no other', () => {
    served.assertServed(architecture([3, 5, 4, 2], 'tanh'));
    expect(served.widths).toEqual({ min: 4, max: 5 });
    for (const layers of [
      [3, 4, 5, 2],
      [3, 5, 2],
      [3, 5, 4, 4, 2],
      [4, 5, 4, 2],
      [3, 5, 4, 3],
    ]) {
      expect(refusal(served, layers)).toBe(
        `the velocity network serves only 3-5-4-2/relu, got ${layers.join('-')}/relu`,
      );
    }
  });
});
