import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WeightspringError } from '../../src/errors.js';
import { networkFileName } from '../../src/formats/file-name.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { batchKey } from '../../src/sampling/batch-key.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { runModel } from '../support/run-model.js';
import { sampleJob } from '../support/sample-job.js';
import { writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const MEMBERS = 5;
const ENSEMBLE = sampleJob({ count: MEMBERS, ensemble: MEMBERS });
const ROWS = { input: { shape: [2, 2], data: Float32Array.of(0.3, -0.4, 1, 2) } };

let flow: ToyFlow;
let sampler: Sampler;
beforeAll(async () => {
  flow = await writeToyFlow({ keepsRuns: true });
  sampler = await Sampler.open({ modelsDir: flow.modelsDir });
});
afterAll(async () => {
  await sampler.close();
  await flow.remove();
});

describe('a sampled ensemble', () => {
  it('averages the networks of the same seed and count (1e-6)', async () => {
    const [made, ...none] = await sampler.sample({ ...ENSEMBLE, memberProbabilities: true });
    expect(none).toEqual([]);
    const [outputs] = await runModel(decodeModel(made!.bytes), [ROWS]);
    const alone = await sampler.sample(sampleJob({ count: MEMBERS }));
    const each: number[] = [];
    for (const { bytes } of alone) {
      const [own] = await runModel(decodeModel(bytes), [ROWS]);
      each.push(...own!.probabilities!.values);
    }
    const { memberProbabilities, probabilities } = outputs!;
    memberProbabilities!.values.forEach((p, i) => {
      expect(Math.abs(p - each[i]!)).toBeLessThan(1e-6);
    });
    probabilities!.values.forEach((p, i) => {
      const values = Array.from({ length: MEMBERS }, (_, k) => each[4 * k + i]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / MEMBERS;
      expect(Math.abs(p - mean)).toBeLessThan(1e-6);
    });
  });

  it('says what the files of its members say', async () => {
    const [made] = await sampler.sample(ENSEMBLE);
    const { members, ensemble, ...shared } = made!.metadata;
    const columns = JSON.parse(members!) as Record<string, string[]>;
    const alone = await sampler.sample(sampleJob({ count: MEMBERS }));
    expect(ensemble).toBe(String(MEMBERS));
    expect(Object.keys(columns)).toEqual(
      expect.arrayContaining(['index', 'noveltyDistance', 'noveltyRatio', 'weightsSha256']),
    );
    alone.forEach(({ metadata }, k) => {
      const own = Object.entries(columns).map(([key, values]) => [key, values[k]]);
      expect({ ...shared, ...Object.fromEntries(own) }).toEqual(metadata);
    });
  });

  it('has the same bytes in a batch with other jobs', async () => {
    const jobs = [sampleJob({ seed: 3 }), ENSEMBLE, sampleJob({ seed: 4, count: 70 })];
    expect(new Set(jobs.map(batchKey)).size).toBe(1);
    const digests: string[][] = jobs.map(() => []);
    for await (const outcome of sampler.sampleTogether(jobs.map((job) => ({ job })))) {
      if ('error' in outcome) throw outcome.error;
      digests[outcome.position] = outcome.networks.map(({ sha256 }) => sha256);
    }
    for (const [position, job] of jobs.entries()) {
      const alone = await sampler.sample(job);
      expect(digests[position]).toEqual(alone.map(({ sha256 }) => sha256));
    }
  });

  it('is one file, named after its members', () => {
    expect(networkFileName(ENSEMBLE, MEMBERS, 0)).toBe('toy-2-8-2-seed7-ensemble5.onnx');
  });

  it.each([
    [{ format: 'safetensors' as const }, 'format'],
    [{ count: MEMBERS + 1 }, 'ensemble'],
    [{ ensemble: undefined, memberProbabilities: true }, 'memberProbabilities'],
  ])('is refused with %j', async (changes, field) => {
    const refused = await sampler
      .sample({ ...ENSEMBLE, ...changes })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(WeightspringError);
    expect(refused).toMatchObject({ code: 'invalid-argument', field });
  });
});
