import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { withHiddenSizes, withInput } from '../../src/network/resize.js';
import { thrownBy } from '../support/error-code.js';
import { graphArchitecture, residual } from './graphs.js';

describe('withHiddenSizes', () => {
  it('gives every group its size, and keeps features, classes and activation', () => {
    const arch = architecture([3, 4, 5, 2], 'silu');
    const sizes = new Map([
      ['h1', 7],
      ['h2', 9],
    ]);
    expect(withHiddenSizes(arch, ({ name }) => sizes.get(name)!)).toEqual(
      architecture([3, 7, 9, 2], 'silu'),
    );
    expect(withHiddenSizes(arch, ({ size }) => size)).toEqual(arch);
  });

  it('resizes all layers that write a group', () => {
    const arch = graphArchitecture(residual());
    const network = networkOf(withHiddenSizes(arch, ({ size }) => size + 1));
    expect(network.family.key).toBe(networkOf(arch).family.key);
    expect(network.groups.map(({ size }) => size)).toEqual(
      networkOf(arch).groups.map(({ size }) => size + 1),
    );
  });

  it('refuses a group without neurons', () => {
    const attempt = thrownBy(() => withHiddenSizes(architecture([3, 4, 2]), () => 0));
    expect(attempt.code).toBe('invalid-argument');
  });
});

describe('withInput', () => {
  it('keeps all layers', () => {
    expect(withInput(architecture([3, 4, 2], 'gelu'), [7])).toEqual(
      architecture([7, 4, 2], 'gelu'),
    );
    const form = residual('gelu');
    expect(withInput(graphArchitecture(form), [9])).toEqual(
      graphArchitecture({ ...form, input: [9] }),
    );
  });
});
