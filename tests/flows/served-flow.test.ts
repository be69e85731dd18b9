import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { packNetworks } from '../../src/formats/archive.js';
import type { BatchOutcome } from '../../src/sampling/network-sampler.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import type { FlowFigure } from '../../src/flows/flow-figures.js';
import { FLOW_FILES } from '../../src/flows/flow-store.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

/** A figure of one hidden layer; all its networks are broken, or none. */
function figure(width: number, steps: number, broken: 0 | 1): FlowFigure {
  return {
    layers: [2, width, 2],
    activation: 'relu',
    solver: 'euler',
    steps,
    samples: 64,
    accuracy: { mean: 0.55, min: 0.5 },
    crossEntropy: 0.7,
    trainedAccuracy: 0.9,
    judgement: {
      rows: 20,
      guessing: 0.5,
      trained: { runs: 3, accuracy: 0.9 },
      skill: 1 - broken,
      broken,
    },
  };
}

function job(hidden: readonly number[], changes: Partial<SampleJob> = {}): SampleJob {
  return {
    flow: TOY_FLOW,
    architecture: architecture([2, ...hidden, 2]),
    seed: 7,
    firstIndex: 0,
    count: 1,
    steps: 4,
    solver: 'euler',
    timeGrid: 'uniform',
    stochasticity: { strength: 0, from: 0, to: 1 },
    format: 'onnx',
    inputScaling: 'folded',
    ...changes,
  };
}

let flow: ToyFlow;
let sampler: Sampler;

/** The toy flow's zoo has 8 to 16 neurons in one hidden layer, 6 to 12 in two; it takes 4 steps. */
beforeAll(async () => {
  flow = await writeToyFlow();
  const figures = [figure(2, 4, 1), figure(30, 4, 1), figure(8, 1, 1), figure(20, 4, 0)];
  await writeFile(join(flow.folder, FLOW_FILES.figures), JSON.stringify(figures));
  sampler = await Sampler.open({ modelsDir: flow.modelsDir });
});

afterAll(async () => {
  await sampler.close();
  await flow.remove();
});

describe('networks outside the hull of the zoo', () => {
  it.each([
    [[8], 'false'],
    [[20], 'true'],
    [[6, 12], 'false'],
    [[13, 12], 'true'],
  ])('are marked in the metadata: %j, %s', async (hidden, extrapolated) => {
    for (const format of ['onnx', 'safetensors'] as const) {
      const [network] = await sampler.sample(job(hidden, { format }));
      expect(network?.metadata).toMatchObject({ extrapolated });
      expect(Buffer.from(network?.bytes ?? []).includes('extrapolated')).toBe(true);
    }
  });

  it.each([
    [[8], false],
    [[20], true],
  ])('are marked in the manifest: %j', async (hidden, extrapolated) => {
    const several = job(hidden, { count: 2 });
    const { bytes } = packNetworks(several, await sampler.sample(several));
    const manifest: unknown = JSON.parse(strFromU8(unzipSync(bytes)['manifest.json']!));
    expect(manifest).toMatchObject({ extrapolated });
  });
});

describe('where a flow was measured to fail', () => {
  it.each([[2], [1], [30], [40]])('no network %d wide is made', async (width) => {
    const refused = {
      code: 'unsupported-architecture',
      field: 'architecture.layers',
      message: expect.stringMatching(
        /2-(2|30)-2 were measured to fail.*0\.550 and 0\.500.*0\.900, \d+ of them broken; it serves widths from 3 to 29/,
      ) as unknown,
    };
    await expect(sampler.sample(job([width]))).rejects.toMatchObject(refused);
    const outcomes: BatchOutcome[] = [];
    for await (const outcome of sampler.sampleTogether([{ job: job([width]) }])) {
      outcomes.push(outcome);
    }
    expect(outcomes).toMatchObject([{ error: refused }]);
  });

  it('its networks are made up to there, and at other depths', async () => {
    for (const hidden of [[3], [29], [2, 2]]) {
      expect(await sampler.sample(job(hidden))).toHaveLength(1);
    }
  });

  it('its weights can still be had, to measure them again', async () => {
    expect(await sampler.sampleWeights(job([2], { steps: 1 }))).toHaveLength(1);
  });

  it('too few steps are refused', async () => {
    await expect(sampler.sample(job([8], { steps: 1 }))).rejects.toMatchObject({
      code: 'invalid-argument',
      field: 'steps',
      message: expect.stringContaining('takes 2 to 64 steps, got 1') as unknown,
    });
    expect(await sampler.sample(job([8], { steps: 2 }))).toHaveLength(1);
  });

  it('the flow tells what it serves', () => {
    const { bounds, steps } = sampler.flow(TOY_FLOW);
    expect(steps).toEqual({ min: 2, default: 4, max: 64 });
    expect(bounds).toMatchObject({
      hiddenLayers: { min: 1, max: 2 },
      width: { min: 1, max: 40 },
    });
    expect(bounds.depths.filter(({ activation }) => activation === 'relu')).toEqual([
      {
        family: '2-h1-2',
        hiddenLayers: 1,
        activation: 'relu',
        zoo: { min: 8, max: 16 },
        width: { min: 3, max: 29 },
      },
      {
        family: '2-h1-h2-2',
        hiddenLayers: 2,
        activation: 'relu',
        zoo: { min: 6, max: 12 },
        width: { min: 1, max: 40 },
      },
    ]);
  });
});
