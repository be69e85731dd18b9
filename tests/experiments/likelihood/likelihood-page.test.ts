import { describe, expect, it } from 'vitest';
import { LIKELIHOOD_BUDGETS } from '../../../src/experiments/likelihood/budget.js';
import type { FlowLikelihoods } from '../../../src/experiments/likelihood/likelihood-experiment.js';
import {
  likelihoodChecks,
  likelihoodFiles,
} from '../../../src/experiments/likelihood/likelihood-page.js';
import type { NetworkLikelihood } from '../../../src/likelihood/network-likelihood.js';

const network = (bitsPerDimension: number): NetworkLikelihood => ({
  logDensity: -bitsPerDimension * 802 * Math.LN2,
  bitsPerDimension,
  priorBitsPerDimension: 1.5,
  standardError: 12,
  priorLogDensity: -1000,
  traceIntegral: -500,
  logVolumeScale: -2000,
  dimension: 802,
  probes: 8,
});

const flow = (finals: number, initial: number): FlowLikelihoods => ({
  flow: 'wdbc',
  geometry: 'euclidean',
  sha256: '0123456789abcdef',
  groups: {
    samples: [network(-2), network(-1)],
    snapshots: [network(-1.5)],
    finals: [network(finals)],
    shuffled: [network(0.5)],
    initial: [network(initial)],
  },
});

const refused: FlowLikelihoods = {
  flow: 'wdbc-normalized',
  geometry: 'normalized',
  sha256: 'fedcba9876543210',
  groups: null,
};

describe('the page of likelihoods', () => {
  it('shows mean, spread and extremes of every group, and flows without density', () => {
    const results = { accuracy: 0.9712, flows: [flow(-1.4, 1), refused] };
    const command = 'weightspring experiment likelihood';
    const files = likelihoodFiles({ results, budget: LIKELIHOOD_BUDGETS.full, command });
    const page = files.get('likelihood.md')!;
    expect(page).toContain(command);
    expect(page).toContain('0.9712');
    // Standard error of −2 and −1: .7071 / √2.
    expect(page).toMatch(/own samples +\| +-1\.500 \| +0\.500 \| +-2\.000 \| +-1\.000 \| +1\.500/);
    expect(page).toMatch(/## wdbc-normalized \(normalized, fedcba987654\)\n\nNo density\./);
  });

  it.each([
    [-1.4, 1, true],
    [-1.4, -1.5, false],
    [0.6, 1, false],
  ])('judges finals of %f bits and untrained of %f', (finals, initial, isMet) => {
    const checks = likelihoodChecks({ accuracy: 1, flows: [flow(finals, initial), refused] });
    expect(checks.map((check) => check.isMet)).toEqual([isMet]);
  });
});
