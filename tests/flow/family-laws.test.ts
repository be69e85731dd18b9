import { describe, expect, it } from 'vitest';
import { byFamily, lawOf } from '../../src/flow/family-laws.js';
import { architecture } from '../../src/network/architecture.js';
import { thrownBy } from '../support/error-code.js';

const group = (layers: readonly number[], activation: 'relu' | 'tanh' = 'relu') => ({
  architecture: architecture(layers, activation),
});

describe('byFamily', () => {
  it('puts networks together that differ in hidden widths and activations only', () => {
    const narrow = group([30, 4, 2]);
    const deep = group([30, 8, 8, 2]);
    const wide = group([30, 64, 2], 'tanh');
    expect([...byFamily([narrow, deep, wide])]).toEqual([
      ['30-h1-2', [narrow, wide]],
      ['30-h1-h2-2', [deep]],
    ]);
  });

  it('keeps features and classes apart, and the order in which families come', () => {
    const groups = [group([30, 4, 4, 2]), group([30, 4, 3]), group([29, 4, 2]), group([30, 4, 2])];
    expect([...byFamily(groups).keys()]).toEqual(['30-h1-h2-2', '30-h1-3', '29-h1-2', '30-h1-2']);
  });

  it('has nothing for no groups', () => {
    expect(byFamily([]).size).toBe(0);
  });
});

describe('lawOf', () => {
  const laws = { '30-h1-2': 'one', '30-h1-h2-2': 'two' };

  it.each([
    [[30, 1, 2], 'one'],
    [[30, 4096, 2], 'one'],
    [[30, 7, 5, 2], 'two'],
  ])('finds that of the family of %j', (layers, law) => {
    expect(lawOf(laws, architecture(layers))).toBe(law);
    expect(lawOf(laws, architecture(layers, 'tanh'))).toBe(law);
  });

  it.each([
    [30, 2],
    [30, 4, 4, 4, 2],
    [29, 4, 2],
    [30, 4, 3],
  ])('refuses a family without one, and names those that have: %i-%i-…', (...layers) => {
    const { code, message, field } = thrownBy(() => lawOf(laws, architecture(layers)));
    expect([code, field]).toEqual(['unsupported-architecture', 'architecture.layers']);
    const got = `${layers.join('-')}/relu`;
    expect(message).toBe(`expected an architecture like 30-h1-2, 30-h1-h2-2, got ${got}`);
  });
});
