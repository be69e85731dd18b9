import { expect, it } from 'vitest';
import { usualArchitecture } from '../../src/flows/usual-architecture.js';

const trained = (layers: readonly number[], runs: number) => ({
  layers,
  activation: 'relu' as const,
  runs,
  accuracy: 0.9,
});

it('is the one with most runs, the first of several', () => {
  const architectures = [trained([3, 2], 20), trained([3, 4, 2], 50), trained([3, 5, 2], 50)];
  expect(usualArchitecture({ architectures })).toEqual({ layers: [3, 4, 2], activation: 'relu' });
});

it('is a graph without the figures beside it', () => {
  const graph = {
    input: [3],
    nodes: [
      { op: 'dense', units: 3, id: 'a' },
      { op: 'add', inputs: ['input', 'a'] },
    ],
  } as const;
  expect(usualArchitecture({ architectures: [{ ...graph, runs: 1, accuracy: 1 }] })).toEqual(graph);
});

it('is none without a zoo', () => {
  expect(usualArchitecture({ architectures: [] })).toBeNull();
});
