import { DETERMINISTIC } from '../../src/flow/stochasticity.js';
import { architecture } from '../../src/network/architecture.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';

/** A job for one network by one step of Euler's method, but for what a test says otherwise. */
export function sampleJob(changes: Partial<SampleJob> = {}): SampleJob {
  return {
    flow: 'toy',
    architecture: architecture([2, 8, 2]),
    seed: 7,
    firstIndex: 0,
    count: 1,
    steps: 1,
    solver: 'euler',
    timeGrid: 'uniform',
    stochasticity: DETERMINISTIC,
    format: 'onnx',
    inputScaling: 'folded',
    ...changes,
  };
}
