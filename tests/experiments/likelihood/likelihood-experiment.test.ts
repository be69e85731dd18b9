import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExperimentRun, type ExperimentHost } from '../../../src/experiments/experiment-run.js';
import { LIKELIHOOD_BUDGETS } from '../../../src/experiments/likelihood/budget.js';
import { likelihoodExperiment } from '../../../src/experiments/likelihood/likelihood-experiment.js';
import { NETWORK_GROUPS } from '../../../src/experiments/likelihood/network-groups.js';
import { DEFAULT_MODELS_DIR } from '../../../src/package-info.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';
import { loadTask } from '../../../src/zoo/prepared-task.js';
import { hasData } from '../../support/real-data.js';
import { untrainable } from '../hosts.js';

const budget = LIKELIHOOD_BUDGETS.smoke;

describe.skipIf(!hasData('uci/wdbc.csv'))('likelihoodExperiment', { timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-likelihood-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('judges as many networks of every group under the shipped flow, and remembers them', async () => {
    const task = await loadTask('wdbc');
    const start = async (host: ExperimentHost) =>
      likelihoodExperiment(await ExperimentRun.open(folder, budget, host), {
        task,
        modelsDir: DEFAULT_MODELS_DIR,
        flows: ['wdbc'],
        budget,
        seed: 1,
      });
    const results = await start({
      openEngine: () => Promise.resolve(new OrtEngine()),
      onProgress: () => undefined,
    });
    const [{ groups }] = results.flows as [(typeof results.flows)[number]];
    for (const group of NETWORK_GROUPS) {
      expect(groups![group]).toHaveLength(budget.runs);
      const bits = groups![group].map(({ bitsPerDimension }) => bitsPerDimension);
      expect(new Set(bits).size).toBe(budget.runs);
    }
    expect(await start(untrainable)).toEqual(results);
  });
});
