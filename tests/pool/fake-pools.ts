import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { SamplerPool } from '../../src/pool/pool.js';
import type { SamplerPoolOptions } from '../../src/pool/pool-options.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { sampleJob } from '../support/sample-job.js';

/** A job for the fake worker: `flow` is what it does, `steps` how many ms `slow` takes. */
export function fakeJob(flow: string, seed = 1, steps = 60_000): SampleJob {
  return sampleJob({ flow, seed, steps, architecture: architecture([30, 16, 2]) });
}

/** Pools of fake workers for the tests of a `describe`: closed after each, their folder removed. */
export function fakePools(defaults: Partial<SamplerPoolOptions> = {}) {
  const workerPath = new URL('./fake-worker.js', import.meta.url);
  const pools: SamplerPool[] = [];
  const folder = { modelsDir: '' };

  beforeEach(() => {
    folder.modelsDir = mkdtempSync(path.join(tmpdir(), 'weightspring-pool-'));
  });

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
    rmSync(folder.modelsDir, { recursive: true });
  });

  async function start(options: Partial<SamplerPoolOptions> = {}): Promise<SamplerPool> {
    const pool = await SamplerPool.start({
      modelsDir: folder.modelsDir,
      workerPath,
      workers: 1,
      drainMs: 100,
      respawnDelayMs: 10,
      ...defaults,
      ...options,
    });
    pools.push(pool);
    return pool;
  }

  return { start, folder };
}
