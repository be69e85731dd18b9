import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelledRows } from '../../src/data/labelled-rows.js';
import { standardise } from '../../src/data/standardisation.js';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import { GUIDANCE_FORMS } from '../../src/flow/guidance.js';
import { SOLVERS } from '../../src/flow/solvers/solver.js';
import { completeGuide, guideParts, type Guide } from '../../src/flows/guide.js';
import { architecture, type Architecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { Random } from '../../src/random.js';
import { batchKey } from '../../src/sampling/batch-key.js';
import type { DrawJob } from '../../src/sampling/sample-job.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { sampleJob } from '../support/sample-job.js';
import { writeToyFlow, type ToyFlow, type ToyFlowOptions } from '../support/toy-flow.js';

const ARCH = architecture([2, 8, 2]);
const COUNT = 5;

/** Two clouds of points, a class each. */
function clouds(rows: number): ReturnType<typeof labelledRows> {
  const random = new Random(3, 'clouds');
  const labels = Uint8Array.from({ length: rows }, (_, row) => row % 2);
  const features = Float32Array.from(
    { length: 2 * rows },
    (_, at) => 0.4 * random.normal() + (labels[at >> 1] === 1 ? 0.5 : -0.5),
  );
  return labelledRows(features, labels);
}

const DATA = clouds(40);

const guided = (chosen: Parameters<typeof completeGuide>[1] = {}): { guide: Guide } => ({
  guide: completeGuide(DATA, { strength: 2, ...chosen }),
});

const jobOf = (changes: Partial<DrawJob>): DrawJob =>
  sampleJob({ architecture: ARCH, steps: 4, count: COUNT, ...changes });

/** Mean cross-entropy of each network on the rows. */
function losses(flow: ToyFlow, arch: Architecture, networks: readonly Float32Array[]): number[] {
  const x = standardise(DATA.features, flow.config.standardisation);
  return networks.map((weights) => {
    const logits = forward(arch, weights, x);
    const rows = Array.from(DATA.labels, (label, row) => {
      const [a, b] = [logits[2 * row]!, logits[2 * row + 1]!];
      const most = Math.max(a, b);
      return most + Math.log(Math.exp(a - most) + Math.exp(b - most)) - (label === 0 ? a : b);
    });
    return rows.reduce((sum, value) => sum + value) / rows.length;
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value) / values.length;

/** Opens a sampler over a toy flow. */
function toySampler(options: ToyFlowOptions) {
  const open: { flow?: ToyFlow; sampler?: Sampler } = {};
  beforeAll(async () => {
    open.flow = await writeToyFlow(options);
    open.sampler = await Sampler.open({ modelsDir: open.flow.modelsDir, threads: 1 });
  });
  afterAll(async () => {
    await open.sampler?.close();
    await open.flow?.remove();
  });
  const draw = async (changes: Partial<DrawJob> = {}): Promise<readonly Float32Array[]> =>
    (await open.sampler!.sampleWeights(jobOf(changes))).map(({ weights }) => weights);
  return { open, draw };
}

describe.each(FLOW_GEOMETRIES)('guided networks of the %s flow', (geometry) => {
  const { open, draw } = toySampler({ geometry });

  it.each(GUIDANCE_FORMS)('fit the rows better, in the form %s', async (form) => {
    const free = losses(open.flow!, ARCH, await draw());
    const fitted = losses(open.flow!, ARCH, await draw(guided({ form })));
    expect(mean(fitted)).toBeLessThan(mean(free));
  });

  it('fit them with every solver, and with two hidden layers', { timeout: 240_000 }, async () => {
    const arch = architecture([2, 6, 5, 2]);
    for (const solver of SOLVERS) {
      const changes = { architecture: arch, solver, steps: 2 };
      const free = losses(open.flow!, arch, await draw(changes));
      const fitted = losses(open.flow!, arch, await draw({ ...changes, ...guided() }));
      expect(mean(fitted), solver).toBeLessThan(mean(free));
    }
  });
});

describe.each([
  ['predicts velocities', { prediction: 'velocity' }],
  ['is a flow map', { flowMap: true }],
] as const)('guided networks of a flow that %s', (_, options) => {
  const { open, draw } = toySampler({ geometry: 'geometric', ...options });

  it('fit the rows better', async () => {
    const free = losses(open.flow!, ARCH, await draw());
    expect(mean(losses(open.flow!, ARCH, await draw(guided())))).toBeLessThan(mean(free));
  });
});

describe('guided networks', () => {
  const { open, draw } = toySampler({ keepsRuns: true });
  const bits = (networks: readonly Float32Array[]): string[] =>
    networks.map((weights) => Buffer.from(weights.buffer).toString('hex'));

  it('are the unguided ones, to the bit, at strength 0', async () => {
    expect(bits(await draw(guided({ strength: 0 })))).toEqual(bits(await draw()));
    expect(bits(await draw(guided()))).not.toEqual(bits(await draw()));
  });

  it('are bit-equal in every batch, also where steps take turns in the rows', async () => {
    for (const rowsPerStep of [40, 15]) {
      const all = bits(await draw(guided({ rowsPerStep })));
      expect(new Set(all).size).toBe(COUNT);
      expect(bits(await draw({ ...guided({ rowsPerStep }), count: 1, firstIndex: 3 }))).toEqual([
        all[3],
      ]);
    }
    expect(bits(await draw(guided({ rowsPerStep: 15 })))).not.toEqual(bits(await draw(guided())));
  });

  it('descend alike in every batch, noise between the steps or none', async () => {
    for (const strength of [0, 0.3]) {
      const changes = {
        ...guided({ form: 'descent', rowsPerStep: 15, strength: 0.1 }),
        stochasticity: { strength, from: 0, to: 1 },
      };
      const all = bits(await draw(changes));
      expect(new Set(all).size).toBe(COUNT);
      expect(bits(await draw({ ...changes, count: 2, firstIndex: 2 }))).toEqual(all.slice(2, 4));
    }
  });

  it('fit the rows better with every gradient of a descent more', async () => {
    const fitted = async (gradients: number): Promise<number> =>
      mean(
        losses(
          open.flow!,
          ARCH,
          await draw(guided({ form: 'descent', strength: 0.05, gradients })),
        ),
      );
    const [one, four, sixteen] = [await fitted(1), await fitted(4), await fitted(16)];
    expect(four).toBeLessThan(one);
    expect(sixteen).toBeLessThan(four);
  });

  it.each([
    ['end-point', 2, /takes one gradient, got 2/],
    ['descent', 17, /takes 1 to 16 gradients, got 17/],
    ['descent', 0, /1 to 16 gradients, got 0/],
    ['descent', 1.5, /got 1.5/],
  ] as const)('take no such number of gradients: %s, %s', async (form, gradients, message) => {
    await expect(draw(guided({ form, gradients }))).rejects.toThrow(message);
  });

  it('take turns in parts that are nearly equal and hold every row', () => {
    expect(guideParts(completeGuide(clouds(1000), { rowsPerStep: 512 }))).toEqual({
      parts: 2,
      rows: 500,
    });
    expect(guideParts(completeGuide(clouds(7), { rowsPerStep: 3 }))).toEqual({ parts: 3, rows: 3 });
  });

  it('say what guided them, and still hold their certificate', async () => {
    const job = sampleJob({ ...jobOf(guided()), count: 1, format: 'safetensors' });
    const [network] = await open.sampler!.sample(job);
    expect(JSON.parse(network!.metadata.guide!)).toEqual({
      rows: 40,
      sha256: DATA.sha256,
      form: 'end-point',
      schedule: 'constant',
      strength: 2,
      gradients: 1,
      rowsPerStep: 512,
    });
    expect(network!.metadata.weightsSha256).toMatch(/^[0-9a-f]{64}$/);
    const [free] = await open.sampler!.sample(sampleJob({ ...jobOf({}), count: 1 }));
    expect(free!.metadata).not.toHaveProperty('guide');
  });

  it('share a batch only with those of the same rows and settings', () => {
    const key = (changes: Partial<DrawJob>): string => batchKey(sampleJob(changes));
    expect(key({ ...guided(), seed: 8 })).toBe(key(guided()));
    expect(key(guided({ strength: 3 }))).not.toBe(key(guided()));
    expect(key({})).not.toBe(key(guided()));
    const others = { guide: { ...guided().guide, data: clouds(20) } };
    expect(key(others)).not.toBe(key(guided()));
    expect(key(guided()).length).toBeLessThan(1000);
  });

  it.each([
    ['a negative strength', guided({ strength: -1 }), /strength of guidance from 0 to 1000000/],
    ['no number of rows', guided({ rowsPerStep: 0 }), /1 to 8192 rows per step, got 0/],
    [
      'rows of another width',
      { guide: { ...guided().guide, data: labelledRows(new Float32Array(6), new Uint8Array(2)) } },
      /rows of 2 features, got 6 numbers for 2 labels/,
    ],
    [
      'a class that there is not',
      {
        guide: {
          ...guided().guide,
          data: labelledRows(new Float32Array(6), Uint8Array.of(0, 1, 2)),
        },
      },
      /row 3: expected one of the 2 classes first spiral, second spiral, got class number 2/,
    ],
    [
      'a number that is none',
      {
        guide: {
          ...guided().guide,
          data: labelledRows(Float32Array.of(1, 2, 3, NaN), Uint8Array.of(0, 1)),
        },
      },
      /row 2, column 'y': expected a finite number, got NaN/,
    ],
  ])('are refused for %s', async (_, changes, message) => {
    const code = 'invalid-argument';
    const expected: unknown = expect.objectContaining({
      code,
      message: expect.stringMatching(message) as unknown,
    });
    await expect(draw(changes)).rejects.toEqual(expected);
  });
});
