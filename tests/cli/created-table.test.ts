import { describe, expect, it } from 'vitest';
import { createdTable } from '../../src/cli/created-table.js';
import type { CreatedFigures } from '../../src/workflows/measure-created.js';

const own = {
  networks: 32,
  accuracy: 0.9,
  worst: 0.8,
  crossEntropy: 0.3,
  averaged: { accuracy: 0.95, crossEntropy: 0.2 },
} as unknown as CreatedFigures['trained'];
const figures: CreatedFigures = {
  architecture: '3-16-16-2',
  trained: own,
  generated: own,
  logistic: own,
  refusal: null,
};

describe('createdTable', () => {
  it('ends with the request for a network', () => {
    const lines = createdTable('churn', '/models', figures).split('\n');
    expect(lines.at(-2)).toBe('weightspring serve --models-dir /models');
    expect(lines.at(-1)).toMatch(/^curl .*"flow":"churn"/);
  });

  it('says why a flow is not served, and what to do, in place of a request that would fail', () => {
    const text = createdTable('churn', '/models', { ...figures, refusal: 'flow churn fails' });
    expect(text).toContain('not good enough to be served: flow churn fails.');
    expect(text).toContain('--minutes');
    expect(text).not.toContain('curl');
  });
});
