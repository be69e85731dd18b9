import { describe, expect, it } from 'vitest';
import {
  calibratedStrength,
  exactField,
  recommendedStrength,
  sampleVariance,
} from '../../../src/experiments/gaussian/exact-flow.js';
import { sampleExact } from '../../../src/experiments/gaussian/sample-exact.js';
import { lastStepSolver, SOLVERS } from '../../../src/flow/solvers/solver.js';
import { ReferenceOps, scalarValue, tensor } from '../../../src/ops/reference-ops.js';
import { Random } from '../../../src/random.js';
import { SOLVER_CASES } from '../../flow/solvers/cases.js';

const ops = new ReferenceOps();

/** The velocity of a deviation of 1. */
function rateAt(t: number): number {
  return scalarValue(exactField(ops, 0)([tensor([1], [1])], tensor([t], [1]))[0]!);
}

const STEPS = [1, 2, 3, 8, 25, 100];

describe('the exact flow from N(0, 1) to N(m, 1)', () => {
  it('has the regression of x_1 − x_0 on x_t as velocity', () => {
    const random = new Random(3, 'regression');
    const count = 200_000;
    for (const t of [0, 0.2, 0.5, 0.9]) {
      let xy = 0;
      let xx = 0;
      for (let i = 0; i < count; i++) {
        const [x0, x1] = [random.normal(), random.normal()];
        const xt = (1 - t) * x0 + t * x1;
        xy += xt * (x1 - x0);
        xx += xt * xt;
      }
      // The slope's standard error is at most √2 / (√.5 · √count) = .0045.
      expect(Math.abs(xy / xx - rateAt(t))).toBeLessThan(0.02);
    }
  });

  it.each(SOLVERS)(
    'is sampled by %s with the variance of the closed form and mean m',
    async (solver) => {
      for (const steps of STEPS) {
        const options = { solver, steps, strength: 0, mean: 1, count: 500, seed: 1 };
        const { mean, variance } = await sampleExact(options);
        expect(mean).toBeCloseTo(1, 10);
        expect(variance).toBeCloseTo(sampleVariance(solver, steps, 0), 10);
      }
    },
  );

  it.each(SOLVERS)('loses under %s the variance of the formula for its steps (1e-12)', (solver) => {
    for (const steps of STEPS) {
      const factors = Array.from({ length: steps }, (_, k) => {
        const method = k === steps - 1 ? lastStepSolver(solver) : solver;
        return SOLVER_CASES[method].factor(rateAt, k / steps, 1 / steps);
      });
      const expected = factors.reduce((product, factor) => product * factor ** 2, 1);
      expect(Math.abs(sampleVariance(solver, steps, 0) - expected)).toBeLessThan(1e-12);
    }
  });

  it('loses under Euler Π (1 + a(t_k)/n)² of the variance, all of it in a single step', () => {
    expect(sampleVariance('euler', 1, 0)).toBe(0);
    const [n, a] = [4, [-1, -0.8, 0, 0.8]];
    expect(sampleVariance('euler', n, 0)).toBeCloseTo(
      a.reduce((product, rate) => product * (1 + rate / n) ** 2, 1),
      12,
    );
  });

  it('is sampled with noise of the closed form within its sampling error', async () => {
    const count = 40_000;
    for (const solver of SOLVERS) {
      const options = { solver, steps: 10, strength: 0.5, mean: 1, count, seed: 2 };
      const expected = sampleVariance(solver, 10, 0.5);
      const error = Math.abs((await sampleExact(options)).variance - expected);
      expect(error).toBeLessThan(4 * expected * Math.sqrt(2 / count));
    }
  });

  it('loses variance to first order in Δt under Euler, to second order else', () => {
    const lost = (solver: (typeof SOLVERS)[number], steps: number): number =>
      1 - sampleVariance(solver, steps, 0);
    expect(lost('euler', 1000) * 1000).toBeCloseTo(1 + Math.PI / 2, 2);
    for (const solver of ['heun', 'rk4'] as const) {
      // RK4 ends with an Euler step, whose error in one step is of second order.
      expect(lost(solver, 100) / lost(solver, 200)).toBeCloseTo(4, 0);
    }
  });

  it('gets its variance back within 5 % by the recommended noise, from 8 steps on', () => {
    for (const solver of SOLVERS) {
      for (const steps of [8, 16, 64, 256]) {
        const variance = sampleVariance(solver, steps, recommendedStrength(solver, steps));
        expect(Math.abs(variance - 1)).toBeLessThan(0.05);
      }
    }
    expect(Math.abs(sampleVariance('euler', 8, 0) - 1)).toBeGreaterThan(0.05);
  });
});

describe('recommendedStrength', () => {
  it('is 1.28 √Δt for Euler and 0 for the others', () => {
    expect(recommendedStrength('euler', 100)).toBeCloseTo(0.128, 3);
    expect(recommendedStrength('heun', 100)).toBe(0);
    expect(recommendedStrength('rk4', 100)).toBe(0);
  });
});

describe('calibratedStrength', () => {
  it('brings the variance to 1 from a measurement without noise and one with', () => {
    for (const solver of SOLVERS) {
      const [without, probed] = [0, 0.5].map((strength) => sampleVariance(solver, 8, strength));
      const strength = calibratedStrength(without!, probed!, 0.5);
      expect(sampleVariance(solver, 8, strength)).toBeCloseTo(1, 12);
    }
  });

  it('is 0 where no variance is missing', () => {
    expect(calibratedStrength(1.1, 1.4, 0.5)).toBe(0);
  });
});
