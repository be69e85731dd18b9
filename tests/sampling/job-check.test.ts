import { describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import type { Solver } from '../../src/flow/solvers/solver.js';
import { DETERMINISTIC } from '../../src/flow/stochasticity.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { checkCost, checkDrawable } from '../../src/sampling/job-check.js';
import { FLOW as SERVED_FLOW } from '../server/fake-source.js';
import { thrownBy } from '../support/error-code.js';

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

const FLOW = {
  ...SERVED_FLOW,
  name: 'f',
  // Each network takes 10 operations, and so does each evaluation, whatever its batch.
  operations: { '30-h1-h2-2': '10*batch+10' },
};

describe('checkDrawable', () => {
  it('names the depths that a flow has, where there is a gap between them', () => {
    const [depth] = FLOW.bounds.depths;
    const depths = [1, 3].map((hiddenLayers) => ({
      ...depth!,
      hiddenLayers,
      family: `30${'-h'.repeat(hiddenLayers)}-2`,
    }));
    const flow = { ...FLOW, bounds: { ...FLOW.bounds, depths } };
    const { message } = thrownBy(() => {
      checkDrawable(flow, job(1, 1));
    });
    expect(message).toBe(
      'flow f makes networks of 1 or 3 hidden layers, 30-h-2, 30-h-h-h-2: got 30-16-16-2/relu',
    );
  });
});

/** What a flow refuses is tested where users meet it: tests/server/bad-input.test.ts. */
describe('checkCost', () => {
  const refusal = (of: SampleJob, maxOperations: number, maxBytes = 1e9): unknown => {
    try {
      checkCost(FLOW, of, { maxOperations, maxBytes });
      return null;
    } catch (error) {
      return error;
    }
  };

  it('takes what costs exactly the limit, and says what would do instead of more', () => {
    expect(refusal(job(10, 4), 4 * 110)).toBeNull();
    expect(refusal(job(11, 4), 4 * 110)).toMatchObject({
      code: 'too-large',
      field: 'count',
      message: expect.stringContaining('a count of 10 or 3 steps would do') as unknown,
    });
  });

  it('counts the evaluations of the solver, whose last step is always one', () => {
    expect(refusal(job(1, 4, 'rk4'), 20 * (3 * 4 + 1))).toBeNull();
    expect(refusal(job(1, 5, 'rk4'), 20 * (3 * 4 + 1))).toMatchObject({
      field: 'steps',
      message: expect.stringMatching(/: 4 steps would do$/) as unknown,
    });
  });

  it('names the architecture where one step of one network is too much already', () => {
    expect(refusal(job(10, 4), 19)).toMatchObject({
      field: 'architecture.layers',
      message: expect.stringContaining('narrower') as unknown,
    });
  });

  it('bounds the bytes of the answer', () => {
    expect(refusal(job(11, 1), 1e9, 802 * 4 * 10)).toMatchObject({
      code: 'too-large',
      field: 'count',
    });
  });
});
