import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import { VELOCITY_KINDS } from '../../src/velocity/registry.js';
import { createVelocityNetwork } from '../../src/velocity/create-velocity-network.js';
import { thrownBy } from '../support/error-code.js';

const ONE = architecture([30, 16, 16, 2]);
const POPULATION = [architecture([30, 8, 2]), ONE, architecture([30, 4, 4, 4, 2])];

describe('chooseVelocityConfig', () => {
  it.each(VELOCITY_KINDS)('makes a %s that serves the population', (kind) => {
    const population = kind === 'mlp' ? [ONE, ONE] : POPULATION;
    const config = chooseVelocityConfig(kind, population, { width: 32 });
    expect(config).toMatchObject({ kind, inputs: 30, outputs: 2, width: 32 });
    const { served } = createVelocityNetwork(config);
    for (const arch of population) served.assertServed(arch);
  });

  it('refuses several architectures for an mlp, and none for any', () => {
    expect(thrownBy(() => chooseVelocityConfig('mlp', POPULATION)).code).toBe(
      'unsupported-architecture',
    );
    expect(thrownBy(() => chooseVelocityConfig('pna', [])).code).toBe('invalid-argument');
  });

  it('makes lean edges unless told', () => {
    const chosen = chooseVelocityConfig('neuron-transformer', [ONE], { edgeUpdate: 'full' });
    expect(chosen).toMatchObject({ edgeUpdate: 'full' });
    expect(chooseVelocityConfig('neuron-transformer', [ONE])).toMatchObject({ edgeUpdate: 'lean' });
  });

  it('refuses a choice that the kind does not have, and names those that it has', () => {
    const { code, message } = thrownBy(() => chooseVelocityConfig('pna', [ONE], { heads: 2 }));
    expect(code).toBe('invalid-argument');
    expect(message).toContain('no heads: it has width, blocks, edgeWidth');
  });
});
