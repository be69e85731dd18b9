import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import { DETERMINISTIC } from '../../src/flow/stochasticity.js';
import { decodeModel } from '../../src/onnx/parse.js';
import type { DrawJob } from '../../src/sampling/sample-job.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const BASE: DrawJob = {
  flow: TOY_FLOW,
  architecture: architecture([2, 8, 6, 2]),
  seed: 7,
  firstIndex: 0,
  count: 4,
  steps: 4,
  solver: 'euler',
  timeGrid: 'uniform',
  stochasticity: { strength: 0.3, from: 0, to: 1 },
};

describe.each(FLOW_GEOMETRIES)('noise along the path of the %s flow', (geometry) => {
  let flow: ToyFlow;
  let sampler: Sampler;

  beforeAll(async () => {
    flow = await writeToyFlow({ geometry });
    sampler = await Sampler.open({ modelsDir: flow.modelsDir });
  });

  afterAll(async () => {
    await sampler.close();
    await flow.remove();
  });

  async function bits(changes: Partial<DrawJob> = {}): Promise<readonly string[]> {
    return (await sampler.sampleWeights({ ...BASE, ...changes })).map(({ weights }) =>
      Buffer.from(weights.buffer).toString('hex'),
    );
  }

  it('is the same for a seed and another for another', async () => {
    const first = await bits();
    expect(new Set(first).size).toBe(4);
    expect(await bits()).toEqual(first);
    expect(await bits({ seed: 8 })).not.toEqual(first);
  });

  it('does not depend on what is drawn beside a network', async () => {
    const all = await bits({ count: 70, steps: 2 });
    expect(await bits({ firstIndex: 2, count: 1, steps: 2 })).toEqual(all.slice(2, 3));
    expect(await bits({ firstIndex: 60, count: 9, steps: 2 })).toEqual(all.slice(60, 69));
  });

  it('changes networks with its strength, and with the range of its times', async () => {
    const variants = await Promise.all(
      [
        DETERMINISTIC,
        { strength: 0.3, from: 0, to: 1 },
        { strength: 0.31, from: 0, to: 1 },
        { strength: 0.3, from: 0.25, to: 1 },
        { strength: 0.3, from: 0, to: 0.75 },
      ].map((stochasticity) => bits({ stochasticity, count: 1 })),
    );
    expect(new Set(variants.flat()).size).toBe(variants.length);
  });

  it('is none at strength 0, and where no step starts in its range', async () => {
    const still = await bits({ stochasticity: DETERMINISTIC });
    for (const stochasticity of [
      { strength: 0, from: 0.2, to: 0.4 },
      { strength: 0.3, from: 0.5, to: 0.5 },
      { strength: 0.3, from: 0.8, to: 1 },
    ]) {
      expect(await bits({ stochasticity })).toEqual(still);
    }
  });
});

describe('jobs with a choice of sampling', () => {
  let flow: ToyFlow;
  let sampler: Sampler;

  beforeAll(async () => {
    flow = await writeToyFlow();
    sampler = await Sampler.open({ modelsDir: flow.modelsDir });
  });

  afterAll(async () => {
    await sampler.close();
    await flow.remove();
  });

  it('tell it in the metadata of every file, and draw by it', async () => {
    const chosen = {
      solver: 'heun',
      timeGrid: 'quadratic',
      stochasticity: { strength: 0.2, from: 0.25, to: 0.5 },
    } as const;
    const jobs = [BASE, { ...BASE, ...chosen }, { ...BASE, solver: 'rk4' } as const];
    const digests: string[] = [];
    for (const job of jobs) {
      const [network] = await sampler.sample({
        ...job,
        count: 1,
        format: 'onnx',
        inputScaling: 'folded',
      });
      const { metadata } = decodeModel(network!.bytes);
      expect(metadata).toEqual(network!.metadata);
      expect(metadata).toMatchObject({
        solver: job.solver,
        steps: '4',
        timeGrid: job.timeGrid,
        stochasticity: JSON.stringify(job.stochasticity),
      });
      const [drawn] = await sampler.sampleWeights({ ...job, count: 1 });
      digests.push(drawn!.weights.join());
    }
    expect(new Set(digests).size).toBe(jobs.length);
  });

  it.each([
    ['negative strength', { strength: -0.1, from: 0, to: 1 }, 'stochasticity.strength'],
    ['too much strength', { strength: 11, from: 0, to: 1 }, 'stochasticity.strength'],
    ['a strength that is no number', { strength: NaN, from: 0, to: 1 }, 'stochasticity.strength'],
    ['a start after the end', { strength: 0.1, from: 0.5, to: 0.4 }, 'stochasticity'],
    ['a start before 0', { strength: 0.1, from: -0.1, to: 0.4 }, 'stochasticity'],
    ['an end after 1', { strength: 0.1, from: 0, to: 1.1 }, 'stochasticity'],
    ['a time that is no number', { strength: 0.1, from: NaN, to: 1 }, 'stochasticity'],
  ])('are refused with %s', async (_name, stochasticity, field) => {
    await expect(sampler.sampleWeights({ ...BASE, stochasticity })).rejects.toMatchObject({
      code: 'invalid-argument',
      field,
    });
  });
});
