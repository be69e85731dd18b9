import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import type { Solver } from '../../src/flow/solvers/solver.js';
import { DEFAULT_MODELS_DIR } from '../../src/package-info.js';
import type { FlowSummary } from '../../src/flows/flow-summary.js';
import { openFlow } from '../../src/flows/flow-store.js';
import {
  jobOperations,
  largestFitting,
  operationsWithin,
  type CostlyJob,
} from '../../src/flows/planned-cost.js';

let wdbc: FlowSummary;

beforeAll(async () => {
  ({ summary: wdbc } = await openFlow(join(DEFAULT_MODELS_DIR, 'wdbc')));
});

function job(layers: readonly number[], count: number, solver: Solver, steps: number): CostlyJob {
  return { architecture: architecture(layers), count, solver, steps };
}

describe('planned operations', () => {
  const limit = operationsWithin(120_000);

  // Each is within the former bound, count × weights × evaluations ≤ 10⁸, and ran for minutes.
  it.each([
    [[30, 40, 40, 40, 2], 21, 256],
    [[30, 4, 2], 256, 256],
  ])('are too many for the default time limit: %j, %d networks', (layers, count, steps) => {
    expect(jobOperations(wdbc, job(layers, count, 'rk4', steps))).toBeGreaterThan(limit);
  });

  it.each([
    [[30, 16, 16, 2], 256, 'euler', 8],
    [[30, 32, 32, 32, 2], 256, 'euler', 8],
    [[30, 16, 16, 2], 1, 'rk4', 256],
  ] as const)('fit into it: %j, %d networks, %s in %d steps', (layers, count, solver, steps) => {
    expect(jobOperations(wdbc, job(layers, count, solver, steps))).toBeLessThan(limit);
  });

  it('grow with networks, widths, and evaluations', () => {
    const base = jobOperations(wdbc, job([30, 16, 16, 2], 4, 'euler', 8));
    expect(jobOperations(wdbc, job([30, 16, 16, 2], 4, 'heun', 8)) / base).toBeCloseTo(15 / 8);
    expect(jobOperations(wdbc, job([30, 16, 16, 2], 8, 'euler', 8))).toBeGreaterThan(1.2 * base);
    expect(jobOperations(wdbc, job([30, 32, 16, 2], 4, 'euler', 8))).toBeGreaterThan(1.2 * base);
  });

  it('say what would fit', () => {
    const large = job([30, 40, 40, 40, 2], 256, 'rk4', 256);
    for (const field of ['count', 'steps'] as const) {
      const fitting = largestFitting(wdbc, large, field, limit);
      expect(jobOperations(wdbc, { ...large, [field]: fitting })).toBeLessThanOrEqual(limit);
      expect(jobOperations(wdbc, { ...large, [field]: fitting + 1 })).toBeGreaterThan(limit);
    }
  });

  it('are not known of a family that the flow does not have', () => {
    expect(() => jobOperations(wdbc, job([30, 8, 8, 8, 8, 2], 1, 'euler', 1))).toThrow(
      'flow wdbc makes networks like 30-h1-2, 30-h1-h2-2, 30-h1-h2-h3-2, got 30-8-8-8-8-2/relu',
    );
  });
});
