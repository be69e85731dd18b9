import { expect, it } from 'vitest';
import { completeSampling } from '../../src/flows/sampling-options.js';

const FLOW = {
  steps: { default: 8 },
  solver: 'heun',
  timeGrid: 'quadratic',
  stochasticity: { strength: 0.1, from: 0.2, to: 0.9 },
} as const;

it('takes from the flow what a request leaves open', () => {
  expect(completeSampling(FLOW, {})).toEqual({ ...FLOW, steps: 8 });
  expect(completeSampling(FLOW, { steps: undefined, solver: undefined })).toEqual({
    ...FLOW,
    steps: 8,
  });
});

it('lets a request choose each by itself', () => {
  const none = { strength: 0, from: 0, to: 1 };
  expect(completeSampling(FLOW, { steps: 3 })).toEqual({ ...FLOW, steps: 3 });
  expect(completeSampling(FLOW, { solver: 'rk4' })).toEqual({ ...FLOW, steps: 8, solver: 'rk4' });
  expect(completeSampling(FLOW, { timeGrid: 'uniform', stochasticity: none })).toEqual({
    steps: 8,
    solver: 'heun',
    timeGrid: 'uniform',
    stochasticity: none,
  });
});
