import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { SamplerPool } from '../../src/pool/pool.js';
import type { PoolEvent } from '../../src/pool/worker-fleet.js';
import { COMPILED_WORKER } from '../support/compiled.js';
import { sampleJob } from '../support/sample-job.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const QUICK = sampleJob({ flow: TOY_FLOW });

/** Minutes of work. */
const ENDLESS: SampleJob = {
  ...QUICK,
  architecture: architecture([2, 38, 38, 2]),
  count: 100_000,
  steps: 64,
  solver: 'rk4',
};

describe('a job that takes too long', { timeout: 60_000 }, () => {
  let flow: ToyFlow;
  let pool: SamplerPool;
  const events: PoolEvent[] = [];

  beforeAll(async () => {
    flow = await writeToyFlow();
    pool = await SamplerPool.start({
      modelsDir: flow.modelsDir,
      workers: 1,
      workerPath: COMPILED_WORKER,
      jobTimeoutMs: 300,
      stopGraceMs: 30_000,
      onEvent: (event) => events.push(event),
    });
  });

  afterAll(async () => {
    await pool.close();
    await flow.remove();
  });

  it('is stopped between two steps of the solver, and its process goes on', async () => {
    await expect(pool.sample(ENDLESS)).rejects.toMatchObject({ code: 'job-timeout' });
    expect(await pool.sample(QUICK)).toHaveLength(1);
    expect(events.map(({ event }) => event)).toEqual(['worker-ready']);
  });
});
