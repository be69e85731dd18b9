import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/architecture/architecture.js';
import type { Solver } from '../../src/flow/solvers/solver.js';
import { DETERMINISTIC } from '../../src/flow/stochasticity.js';
import type { SampleJob } from '../../src/sampling/contracts.js';
import { checkCost } from '../../src/sampling/job-check.js';

/** 30-16-16-2 has 802 weights. */
function job(count: number, steps: number, solver: Solver = 'euler'): SampleJob {
  return {
    flow: 'f',
    architecture: architecture([30, 16, 16, 2]),
    seed: 0,
    firstIndex: 0,
    count,
    steps,
    solver,
    timeGrid: 'uniform',
    stochasticity: DETERMINISTIC,
    format: 'onnx',
    inputScaling: 'folded',
  };
}

/** What a flow refuses is tested where users meet it: tests/server/bad-input.test.ts. */
describe('checkCost', () => {
  it('takes what costs exactly the limit, and nothing more', () => {
    const limits = { maxCost: 802 * 10 * 4, maxBytes: 1e9 };
    expect(() => {
      checkCost(job(10, 4), limits);
    }).not.toThrow();
    expect(() => {
      checkCost(job(11, 4), limits);
    }).toThrow(expect.objectContaining({ code: 'too-large', field: 'count' }) as Error);
  });

  it('counts the evaluations of the solver, whose last step is always one', () => {
    const limits = { maxCost: 802 * (3 * 4 + 1), maxBytes: 1e9 };
    expect(() => {
      checkCost(job(1, 4, 'rk4'), limits);
    }).not.toThrow();
    expect(() => {
      checkCost(job(1, 5, 'rk4'), limits);
    }).toThrow(expect.objectContaining({ code: 'too-large' }) as Error);
  });

  it('names the architecture where one network is too much already', () => {
    expect(() => {
      checkCost(job(10, 4), { maxCost: 802 * 4 - 1, maxBytes: 1e9 });
    }).toThrow(expect.objectContaining({ field: 'architecture.layers' }) as Error);
  });

  it('bounds the bytes of the answer', () => {
    expect(() => {
      checkCost(job(11, 1), { maxCost: 1e9, maxBytes: 802 * 4 * 10 });
    }).toThrow(expect.objectContaining({ code: 'too-large', field: 'count' }) as Error);
  });
});
