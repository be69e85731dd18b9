import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as ort from 'onnxruntime-node';
import { architectureIn, type Architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { forward } from '../../src/network/forward.js';
import { DEFAULT_MODELS_DIR } from '../../src/package-info.js';
import { Random } from '../../src/random.js';
import { FLOW_FILES, readFlow, writeFlow, type StoredFlow } from '../../src/flows/flow-store.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { completeSampling } from '../../src/flows/sampling-options.js';

/** A flow that ships as float32: trained parameters, unlike a toy's, have to survive the rounding. */
const FLOW = 'wdbc-thesis-geometric';
const NETWORKS = 16;
const ROWS = 200;

describe('a flow stored as float16', () => {
  let folder: string;
  let original: StoredFlow;
  let stored: StoredFlow;
  const sizeOf = async (modelsDir: string): Promise<number> =>
    (await stat(join(modelsDir, FLOW, FLOW_FILES.model))).size;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weightspring-storage-'));
    original = await readFlow(join(DEFAULT_MODELS_DIR, FLOW));
    // Without the runs that it keeps, which are not stored as parameters are.
    const config = { ...original.config, noveltySha256: undefined };
    await writeFlow(join(folder, FLOW), config, original.parameters, {
      storage: 'float16',
      coordinates: original.coordinates,
    });
    stored = await readFlow(join(folder, FLOW));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('takes half the space', async () => {
    expect((await sizeOf(folder)) / (await sizeOf(DEFAULT_MODELS_DIR))).toBeLessThan(0.55);
  });

  it('is read back as float32, within half a unit of the eleventh bit', () => {
    for (const [name, { shape, data }] of original.parameters) {
      const own = stored.parameters.get(name);
      expect(own?.shape, name).toEqual(shape);
      const isClose = data.every(
        (value, index) =>
          Math.abs(own!.data[index]! - value) <= 2 ** -11 * Math.abs(value) + 2 ** -25,
      );
      expect(isClose, name).toBe(true);
    }
  });

  it('is a model that onnxruntime loads as it stands', async () => {
    const session = await ort.InferenceSession.create(join(folder, FLOW, FLOW_FILES.model));
    expect(session.inputNames).toContain('xt.w1');
    await session.release();
  });

  // Measured: logits of typical size 3 differ by at most 0.009, and no prediction of 3,200 does.
  it('gives networks whose logits differ by less than 0.05, and hardly a prediction', async () => {
    const [trained] = original.config.architectures;
    const arch = architectureIn(trained!);
    const [expected, got] = [
      await logitsOf(DEFAULT_MODELS_DIR, arch),
      await logitsOf(folder, arch),
    ];
    const differences = expected.map((value, index) => Math.abs(value - got[index]!));
    expect(Math.max(...differences)).toBeLessThan(0.05);
    expect(Math.max(...differences)).toBeGreaterThan(0);
    const [before, after] = [predictionsOf(expected, arch), predictionsOf(got, arch)];
    expect(after.filter((label, index) => label !== before[index]).length).toBeLessThan(5);
  });
});

it('parameters beyond float16 are refused', async () => {
  const { config, parameters } = await readFlow(join(DEFAULT_MODELS_DIR, FLOW));
  const [first] = [...parameters.keys()];
  const { shape, data } = parameters.get(first!)!;
  const huge = new Map(parameters).set(first!, { shape, data: data.map(() => 1e6) });
  await expect(writeFlow('nowhere', config, huge, { storage: 'float16' })).rejects.toMatchObject({
    code: 'invalid-argument',
  });
});

/** Logits of the networks that a flow gives by default, on the same inputs. */
async function logitsOf(modelsDir: string, arch: Architecture): Promise<readonly number[]> {
  const sampler = await Sampler.open({ modelsDir });
  try {
    const flow = sampler.flows().find(({ name }) => name === FLOW)!;
    const drawn = await sampler.sampleWeights({
      flow: FLOW,
      architecture: arch,
      seed: 1,
      firstIndex: 0,
      count: NETWORKS,
      ...completeSampling(flow, {}),
    });
    const inputs = new Random(2).normals(ROWS * flow.inputs);
    return drawn.flatMap(({ weights }) => [...forward(arch, weights, inputs)]);
  } finally {
    await sampler.close();
  }
}

/** The class of the largest logit, row by row. */
function predictionsOf(logits: readonly number[], arch: Architecture): readonly number[] {
  const { outputs: classes } = networkOf(arch);
  return Array.from({ length: logits.length / classes }, (_, row) => {
    const own = logits.slice(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own));
  });
}
