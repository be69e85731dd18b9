import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildReference } from '../../src/evaluation/build-reference.js';
import { comparisonFor, evaluateJob } from '../../src/evaluation/evaluate-job.js';
import type { EvaluationContext } from '../../src/evaluation/evaluation-context.js';
import { openScrutiny } from '../../src/evaluation/scrutiny/open-scrutiny.js';
import { verifyNetwork } from '../../src/evaluation/verify-network.js';
import { zooRecordOf } from '../../src/evaluation/zoo-record.js';
import { runsOfZoo } from '../../src/evaluation/zoo-runs.js';
import { openFlow, readFlow } from '../../src/flows/flow-store.js';
import { jobOperations, largestFitting } from '../../src/flows/planned-cost.js';
import { fileFormat, NETWORK_FORMATS } from '../../src/formats/network-format.js';
import { certificateIn } from '../../src/formats/certificate.js';
import { likelihoodFlow } from '../../src/likelihood/likelihood-flow.js';
import { logLikelihood } from '../../src/likelihood/log-likelihood.js';
import { graphArchitecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { networkOf } from '../../src/network/network.js';
import { withInput } from '../../src/network/resize.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { Sampler } from '../../src/sampling/sampler.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { barsNetwork, trainImageFlow, type ImageFlow } from '../support/image-flow.js';
import { runModel } from '../support/run-model.js';
import { sampleJob } from '../support/sample-job.js';

const ARCH = barsNetwork(3, 4);
/** Of channels and units that the zoo does not have. */
const UNSEEN = barsNetwork(4, 3);
const ANY = {
  limits: { maxOperations: Infinity, maxBytes: Infinity },
  signal: new AbortController().signal,
  report: () => undefined,
};

let flow: ImageFlow;
let sampler: Sampler;
beforeAll(async () => {
  flow = await trainImageFlow();
  sampler = await Sampler.open({ modelsDir: flow.modelsDir, threads: 1 });
  expect(sampler.refused()).toEqual([]);
});
afterAll(async () => {
  await sampler.close();
  await flow.remove();
});

const jobOf = (changes: Partial<SampleJob> = {}): SampleJob =>
  sampleJob({ flow: flow.name, architecture: ARCH, steps: 2, ...changes });

const digests = async (own: Sampler, changes: Partial<SampleJob>): Promise<readonly string[]> =>
  (await own.sample(jobOf(changes))).map(({ sha256 }) => sha256);

describe('a flow over convolutional networks with an input metric of patches', () => {
  it('makes networks on whole images, of seen and unseen sizes', async () => {
    const { inputs, bounds } = sampler.flow(flow.name);
    expect(inputs).toBe(36);
    expect(bounds.depths.map(({ family }) => family)).toEqual([networkOf(ARCH).family.key]);
    for (const architecture of [ARCH, UNSEEN]) {
      const [network] = await sampler.sampleWeights(jobOf({ architecture }));
      expect(network!.weights.length).toBe(networkOf(architecture).parameters);
      expect(network!.weights.every(Number.isFinite)).toBe(true);
    }
  });

  it('makes the same bits whatever the batch, the threads and the memory', async () => {
    const together = await digests(sampler, { count: 5 });
    expect(new Set(together).size).toBe(5);
    for (const [firstIndex, digest] of together.entries()) {
      expect(await digests(sampler, { firstIndex })).toEqual([digest]);
    }
    // Least memory for one network, found by what is refused: tiles of one.
    for (const options of [{ threads: 3 }, { threads: 1, memoryBytes: 300_000 }]) {
      const other = await Sampler.open({ modelsDir: flow.modelsDir, ...options });
      try {
        expect(await digests(other, { count: 5 })).toEqual(together);
      } finally {
        await other.close();
      }
    }
  });

  it('refuses a network that does not fit into the memory', async () => {
    const small = await Sampler.open({ modelsDir: flow.modelsDir, memoryBytes: 10_000 });
    try {
      await expect(small.sampleWeights(jobOf())).rejects.toMatchObject({
        code: 'too-large',
        field: 'architecture.nodes',
      });
    } finally {
      await small.close();
    }
  });

  it('knows what a job costs: more for more channels, and what would fit', () => {
    const summary = sampler.flow(flow.name);
    const costOf = (changes: Partial<SampleJob>): number => jobOperations(summary, jobOf(changes));
    expect(costOf({ architecture: barsNetwork(4, 4) })).toBeGreaterThan(costOf({}));
    const limit = costOf({ count: 7 });
    expect(largestFitting(summary, jobOf({ count: 256 }), 'count', limit)).toBe(7);
  });

  it('refuses other images, other kernels and perceptrons', async () => {
    const other = graphArchitecture({
      input: [1, 6, 6],
      nodes: [
        { op: 'conv2d', channels: 2, kernel: 2 },
        { op: 'flatten' },
        { op: 'dense', units: 2 },
      ],
    });
    for (const architecture of [other, withInput(ARCH, [1, 8, 8])]) {
      await expect(sampler.sampleWeights(jobOf({ architecture }))).rejects.toMatchObject({
        code: 'unsupported-architecture',
      });
    }
  });

  it('writes files in every format that read back as the same function (1e-4), and verify', async () => {
    const [network] = await sampler.sampleWeights(jobOf());
    const rows = flow.task.features.subarray(0, 20 * 36);
    const expected = forward(ARCH, network!.weights, rows);
    for (const format of NETWORK_FORMATS) {
      const [file] = await sampler.sample(jobOf({ format }));
      const path = join(flow.modelsDir, `network${fileFormat(format).extension}`);
      await writeFile(path, file!.bytes);
      const verification = await verifyNetwork(path, flow.modelsDir);
      expect(verification).toMatchObject({ verdict: 'holds', reason: null });
      if (format !== 'onnx') continue;
      const { mean, scale } = flow.task.standardisation;
      const raw = rows.map((z, i) => mean[i % 36]! + z * scale[i % 36]!);
      const [out] = await runModel(decodeModel(file!.bytes), [
        { input: { shape: [20, 1, 6, 6], data: raw } },
      ]);
      out!.logits!.values.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4);
      });
    }
  });

  it('certifies novelty among the runs of its zoo', async () => {
    const [seen] = await sampler.sample(jobOf());
    expect(certificateIn(seen!.metadata)).toMatchObject({ noveltyRuns: 4, noveltyReason: null });
    const [unseen] = await sampler.sample(jobOf({ architecture: UNSEEN }));
    expect(certificateIn(unseen!.metadata)).toMatchObject({ noveltyRuns: 0 });
  });

  it('averages an ensemble in one graph as its members alone (1e-6)', async () => {
    const members = 3;
    const ensemble = { count: members, ensemble: members, memberProbabilities: true };
    const [made] = await sampler.sample(jobOf(ensemble));
    const input = { input: { shape: [4, 1, 6, 6], data: flow.task.features.slice(0, 4 * 36) } };
    const [outputs] = await runModel(decodeModel(made!.bytes), [input]);
    const means = new Float64Array(8);
    for (const { bytes } of await sampler.sample(jobOf({ count: members }))) {
      const [own] = await runModel(decodeModel(bytes), [input]);
      own!.probabilities!.values.forEach((p, i) => (means[i]! += p / members));
    }
    expect(outputs!.probabilities!.values.length).toBe(8);
    outputs!.probabilities!.values.forEach((p, i) => {
      expect(Math.abs(p - means[i]!)).toBeLessThan(1e-6);
    });
  });

  it('is measured as a card does, beside freshly trained networks for unseen sizes', async () => {
    const { config, coordinates } = await openFlow(join(flow.modelsDir, flow.name));
    const context: EvaluationContext = {
      sampler,
      reference: await buildReference(flow.zoo, flow.task),
      task: flow.task,
      zooRecord: zooRecordOf(config),
      zooRuns: runsOfZoo(flow.zoo, coordinates),
    };
    const openEngine = (): Promise<OrtEngine> => Promise.resolve(new OrtEngine({ threads: 1 }));
    const job = jobOf({ count: 3 });
    const by = await openScrutiny(context, job, openEngine);
    const seen = await evaluateJob(context, job, {
      ...ANY,
      scrutiny: { of: 'samples', by },
    });
    expect(seen.zoo).toMatchObject({ runs: 4 });
    expect(seen.zoo.accuracy.mean).toBeGreaterThan(0.8);
    expect(seen.baselines.soup.accuracy).toBeNull();
    expect(seen.baselines.interpolation.accuracy).not.toBeNull();
    expect(seen.scrutiny).toBeDefined();
    const unseen = await evaluateJob(context, jobOf({ architecture: UNSEEN, count: 2 }), {
      ...ANY,
      train: comparisonFor(context, UNSEEN, 2, openEngine)!,
    });
    expect(unseen.zoo).toMatchObject({ runs: 2 });
    expect(unseen.zoo.accuracy.mean).toBeGreaterThan(0.7);
  });
});

describe('likelihoods of convolutional networks', () => {
  it('are refused under a Normalized flow', async () => {
    const normalized = await trainImageFlow('normalized');
    try {
      const stored = await readFlow(join(normalized.modelsDir, normalized.name));
      const weights = new Float32Array(networkOf(ARCH).parameters);
      await expect(
        logLikelihood(likelihoodFlow(stored), [{ architecture: ARCH, weights }]),
      ).rejects.toMatchObject({ code: 'invalid-argument', field: 'flow' });
    } finally {
      await normalized.remove();
    }
  });
});

describe('a recorded metric of patches', () => {
  it.each<[string, object]>([
    ['inputMetric.features', { features: 8 }],
    ['inputMetric.rank', { patches: { image: [1, 6, 6], size: 3, stride: 2, padding: 0 } }],
    ['inputMetric.patches.image', { patches: { image: [6, 6], size: 3, stride: 1, padding: 0 } }],
  ])('is refused where it contradicts the rest: %s', async (field, changes) => {
    const folder = join(flow.modelsDir, flow.name);
    const path = join(folder, 'config.json');
    const text = await readFile(path, 'utf8');
    const config = JSON.parse(text) as { inputMetric: object };
    expect(config.inputMetric).toMatchObject({
      features: 9,
      patches: { image: [1, 6, 6], size: 3, stride: 1, padding: 0 },
    });
    const inputMetric = { ...config.inputMetric, ...changes };
    await writeFile(path, JSON.stringify({ ...config, inputMetric }));
    try {
      await expect(readFlow(folder)).rejects.toMatchObject({
        code: 'data-corrupt',
        message: expect.stringContaining(field) as string,
      });
    } finally {
      await writeFile(path, text);
    }
  });
});
