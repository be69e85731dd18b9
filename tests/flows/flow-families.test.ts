import { describe, expect, it } from 'vitest';
import { drawnFamilyKey, familyIn, flowFamilies } from '../../src/flows/flow-families.js';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { thrownBy } from '../support/error-code.js';
import { TINY, tinyMlp } from '../velocity/tiny-network.js';

const law = { intercept: 0, fanIn: 0, fanOut: 0 };
const keys = (families: readonly { readonly key: string }[]): readonly string[] =>
  families.map(({ key }) => key);

describe('the families of a flow', () => {
  it('are those that its network serves and it has laws of, those with fewer layers first', () => {
    const scales = { '3-h1-h2-h3-2': [law], '3-h1-2': [law] };
    expect(keys(flowFamilies({ velocity: TINY, scales }))).toEqual(['3-h1-2', '3-h1-h2-h3-2']);
  });

  it('are none that its network does not serve, whatever laws there are', () => {
    const scales = { '3-h1-h2-h3-h4-2': [law], '4-h1-2': [law], '3-2': [law] };
    expect(flowFamilies({ velocity: TINY, scales })).toEqual([]);
  });
});

describe('the family of the networks that points represent', () => {
  const [served] = flowFamilies({ velocity: tinyMlp([5, 4]), scales: { '3-h1-h2-2': [law] } });

  it('is their own, unless they are reduced to fewer inputs', () => {
    expect(drawnFamilyKey({}, served!)).toBe('3-h1-h2-2');
    const inputMetric = { features: 784, rank: 3, largestResidual: 0 };
    expect(drawnFamilyKey({ inputMetric }, served!)).toBe('784-h1-h2-2');
  });
});

describe('the family of an architecture in a flow', () => {
  it('is one and the same for all widths where these are free', () => {
    const flow = { velocity: TINY };
    const family = familyIn(flow, architecture([3, 5, 4, 2]));
    expect(family).toBe(familyIn(flow, architecture([3, 60, 1, 2], 'tanh')));
    expect(family).toEqual(networkOf(architecture([3, 7, 7, 2])).family);
    expect(familyIn(flow, architecture([3, 5, 2])).key).toBe('3-h1-2');
  });

  it('has numbers instead of symbols in a network of one architecture', () => {
    const family = familyIn({ velocity: tinyMlp([5, 4]) }, architecture([3, 5, 4, 2]));
    expect(family.key).toBe('3-h1-h2-2');
    expect(family.tensors.map(({ shape }) => shape)).toEqual([
      [3, 5],
      [5],
      [5, 4],
      [4],
      [4, 2],
      [2],
    ]);
  });

  it.each([
    [3, 2],
    [3, 4, 4, 4, 4, 2],
    [4, 4, 2],
    [3, 4, 3],
  ])('is refused where the network has none: %i-%i-…', (...layers) => {
    const { code, message, field } = thrownBy(() =>
      familyIn({ velocity: TINY }, architecture(layers)),
    );
    expect([code, field]).toEqual(['unsupported-architecture', 'architecture.layers']);
    expect(message).toBe(
      'the velocity network serves 3-h1-2, 3-h1-h2-2, 3-h1-h2-h3-2, ' +
        `got ${layers.join('-')}/relu`,
    );
  });
});
