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
import { gaussianChecks } from '../../../src/experiments/gaussian/gaussian-checks.js';
import { gaussianFiles } from '../../../src/experiments/gaussian/gaussian-page.js';
import { SOLVERS } from '../../../src/flow/solvers/solver.js';
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

  const rowAt = (solver: string, steps: number) =>
    results.flows[0]!.rows.find((row) => row.solver === solver && row.steps === steps)!;

  it('has a row for every solver and number of steps, of the exact field and two flows', () => {
    const rows = SOLVERS.length * budget.steps.length;
    expect(results.exact).toHaveLength(rows);
    expect(results.flows.map((flow) => [flow.prediction, flow.rows.length])).toEqual([
      ['endpoint', rows],
      ['velocity', rows],
    ]);
  });

  it('samples the target as it is: an end point predicted after 3 updates keeps N(0, 1) nearly', () => {
    // The skip connection of the preconditioned end point is right for mean 0 and variance 1; in
    // standardised coordinates the variance of these samples would be twice that.
    const { mean, variance } = rowAt('heun', 4).noises.none!;
    expect(Math.abs(mean)).toBeLessThan(0.2);
    expect(Math.abs(variance - 0.9)).toBeLessThan(0.15);
  });

  it('adds the noise that it says', () => {
    const { none, thesis, solver } = rowAt('euler', 4).noises;
    expect(none!.epsilon).toBe(0);
    expect(thesis!.epsilon).toBeCloseTo(0.05, 12);
    expect(solver!.epsilon).toBeCloseTo(1.2793 / 4, 4);
    expect(solver!.variance).toBeGreaterThan(thesis!.variance);
    expect(thesis!.variance).toBeGreaterThan(none!.variance);
  });

  it('has under the exact field the density of the target, under learned ones less', () => {
    expect(results.density.largest).toBeLessThan(1e-3);
    for (const { density } of results.flows) expect(density.gap).toBeGreaterThan(100);
  });

  it('calibrates the noise of a flow from two measurements, checked on a third', () => {
    const { variance } = rowAt('euler', 4).noises.calibrated!;
    // Of 4 × 802 numbers: the standard error of their variance is .025, that of the probe's effect more.
    expect(Math.abs(variance - 1)).toBeLessThan(0.15);
  });

  it('writes a page with its chart, and judges by it', () => {
    const files = gaussianFiles({ results, budget, command: 'weightspring experiment gaussian' });
    expect([...files.keys()]).toEqual(['gaussian.md', 'gaussian-variance.svg']);
    expect(files.get('gaussian.md')).toContain('weightspring experiment gaussian');
    // Too few steps are measured to judge the noise.
    expect(gaussianChecks(results).map(({ isMet }) => isMet)).toEqual([true, true, false, false]);
  });

  it('judges the noise of the solver for end points, the calibrated one for velocities', () => {
    const judged = (solver: number, calibrated: number): readonly boolean[] => {
      const moments = (variance: number) => ({ mean: 1, variance, epsilon: 0.1 });
      const noises = { solver: moments(solver), calibrated: moments(calibrated) };
      const rows = [{ solver: 'euler', steps: 8, noises } as const];
      const flows = results.flows.map((flow) => ({ ...flow, rows }));
      return gaussianChecks({ ...results, flows })
        .map(({ isMet }) => isMet)
        .slice(-flows.length);
    };
    expect(judged(1.04, 0.96)).toEqual([true, true]);
    expect(judged(1.06, 0.96)).toEqual([false, true]);
    expect(judged(1.04, 0.94)).toEqual([true, false]);
  });
});
