import { describe, expect, it } from 'vitest';
import { judgedSteps, mnistChecks } from '../../../src/experiments/mnist/mnist-checks.js';
import { mnistResults } from './results.js';

const accuracy = (mean: number) => ({ accuracy: { mean, min: 0.8, std: 0.01 } });
const met = (results: Parameters<typeof mnistChecks>[0]): readonly boolean[] =>
  mnistChecks(results).map(({ isMet }) => isMet);
const with4Steps = (geometry: string, mean: number, settings: readonly string[]) =>
  mnistResults(({ name, steps }) => {
    const isMeant = settings.some((setting) => name === `mnist-${geometry}-${setting}`);
    return steps === 4 && isMeant ? accuracy(mean) : {};
  });
const SETTINGS = ['raw', 'aligned', 'aligned-ot', 'equivariant'];

describe('mnistChecks', () => {
  it('judges three geometries at 4 steps, few steps against the most, and wider networks', () => {
    expect(judgedSteps(mnistResults())).toEqual([4, 64]);
    expect(met(mnistResults())).toEqual(Array.from({ length: 7 }, () => true));
  });

  it.each([
    ['euclidean', 0, 0.9],
    ['normalized', 1, 0.9],
    ['geometric', 2, 0.912],
  ])('holds %s to its bar, in one setting at least', (geometry, index, bar) => {
    expect(met(with4Steps(geometry, bar, SETTINGS))[index]).toBe(true);
    expect(met(with4Steps(geometry, bar - 1e-4, SETTINGS))[index]).toBe(false);
    expect(met(with4Steps(geometry, bar - 1e-4, SETTINGS.slice(1)))[index]).toBe(true);
  });

  it('allows half a point between 4 and 64 steps', () => {
    expect(met(with4Steps('normalized', 0.91, SETTINGS))[4]).toBe(true);
    expect(met(with4Steps('normalized', 0.9099, SETTINGS))[4]).toBe(false);
  });

  it('asks of wider networks what the thesis has', () => {
    expect(met(mnistResults(undefined, 0.89)).at(-1)).toBe(true);
    expect(met(mnistResults(undefined, 0.8899)).at(-1)).toBe(false);
  });
});
