import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExperimentRun, type ExperimentHost } from '../../../src/experiments/experiment-run.js';
import { thesisZoo } from '../../../src/experiments/thesis/thesis-zoo.js';
import { OrtEngine } from '../../../src/training/ort-engine.js';
import { loadTask } from '../../../src/zoo/prepared-task.js';
import { missingData, needs } from '../../support/needs.js';
import { untrainable } from '../hosts.js';

describe('thesisZoo', needs(missingData('uci/wdbc.csv')), () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-thesis-zoo-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('goes on where the experiment was stopped, and is trained once', async () => {
    const task = await loadTask('wdbc');
    const train = async (name: string, host: Partial<ExperimentHost>): Promise<unknown> => {
      const openEngine = () => Promise.resolve(new OrtEngine({ threads: 1 }));
      const run = await ExperimentRun.open(
        join(folder, name),
        {},
        {
          ...untrainable,
          openEngine,
          ...host,
        },
      );
      return thesisZoo(run, task, { runs: 3, epochs: 12, seed: 1 });
    };
    await train('whole', {});
    const controller = new AbortController();
    const stopped = train('stopped', {
      signal: controller.signal,
      onProgress: (_stage, done, total) => {
        if (done > total / 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(join(folder, 'stopped/training/zoo/checkpoint.safetensors'))).toBe(true);
    const seen: number[] = [];
    await train('stopped', { onProgress: (_stage, done, total) => seen.push(done / total) });
    expect(seen[0]).toBeGreaterThan(0.5);
    const [whole, continued] = await Promise.all(
      ['whole', 'stopped'].map((name) => readFile(join(folder, name, 'zoo.zoo'))),
    );
    expect(continued!.equals(whole!)).toBe(true);
    expect(await readdir(join(folder, 'stopped/training'))).toEqual([]);
    await train('stopped', untrainable);
  });
});
