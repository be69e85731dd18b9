import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExperimentRun } from '../../../src/experiments/experiment-run.js';
import { GAUSSIAN_BUDGETS } from '../../../src/experiments/gaussian/budget.js';
import {
  gaussianExperiment,
  type GaussianResults,
} from '../../../src/experiments/gaussian/gaussian-experiment.js';
import { gaussianChecks, gaussianFiles } from '../../../src/experiments/gaussian/gaussian-page.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';

const budget = GAUSSIAN_BUDGETS.smoke;

describe('gaussianExperiment', { timeout: 120_000 }, () => {
  let folder: string;
  let results: GaussianResults;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-gaussian-'));
    const run = await ExperimentRun.open(folder, budget, {
      openEngine: () => Promise.resolve(new OrtEngine()),
      onProgress: () => undefined,
    });
    results = await gaussianExperiment(run, budget, 1);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has a row for every solver, number of steps and noise, of the exact field and two flows', () => {
    const rows = 3 * budget.steps.length * 3;
    expect(results.exact).toHaveLength(rows);
    expect(results.flows.map(({ prediction, cells }) => [prediction, cells.length])).toEqual([
      ['endpoint', rows],
      ['velocity', rows],
    ]);
  });

  it('samples the target as it is: an end point predicted after 3 updates keeps N(0, 1) nearly', () => {
    // The skip connection of the preconditioned end point is right for mean 0 and variance 1; in
    // standardised coordinates the variance of these samples would be twice that.
    const finest = results.flows[0]!.cells.find(
      ({ solver, steps, noise }) => solver === 'heun' && steps === 4 && noise === 'none',
    )!;
    expect(Math.abs(finest.mean)).toBeLessThan(0.2);
    expect(Math.abs(finest.variance - 0.9)).toBeLessThan(0.15);
  });

  it('adds the noise that it says', () => {
    const { cells } = results.flows[0]!;
    const at = (noise: string) =>
      cells.find((cell) => cell.noise === noise && cell.solver === 'euler' && cell.steps === 4)!;
    expect(at('none').epsilon).toBe(0);
    expect(at('thesis').epsilon).toBeCloseTo(0.05, 12);
    expect(at('recommended').epsilon).toBeGreaterThan(1.27 / 4);
    expect(at('recommended').variance).toBeGreaterThan(at('thesis').variance);
    expect(at('thesis').variance).toBeGreaterThan(at('none').variance);
  });

  it('writes a page with its chart, and judges by it', () => {
    const files = gaussianFiles({ results, budget, command: 'weightspring experiment gaussian' });
    expect([...files.keys()]).toEqual(['gaussian.md', 'gaussian-variance.svg']);
    expect(files.get('gaussian.md')).toContain('weightspring experiment gaussian');
    const met = gaussianChecks(results).map(({ isMet }) => isMet);
    // Too few steps are measured to judge the recommendation.
    expect(met).toEqual([true, false, false]);
    const steps = 8;
    const enough = {
      ...results,
      flows: results.flows.map((flow, index) => ({
        ...flow,
        cells: flow.cells.map((cell) => ({ ...cell, steps, variance: 1.04 + 0.02 * index })),
      })),
    };
    expect(gaussianChecks(enough).map(({ isMet }) => isMet)).toEqual([true, true, false]);
  });
});
