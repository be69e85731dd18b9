import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { architecture, type GraphForm } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import type { SamplerOptions } from '../../src/sampling/network-sampler.js';
import type { FlowConfig } from '../../src/flows/flow-config.js';
import { FLOW_FILES } from '../../src/flows/flow-store.js';
import { decodeModel } from '../../src/onnx/parse.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { TOY_FLOW, writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const BASE: SampleJob = {
  flow: TOY_FLOW,
  architecture: architecture([2, 8, 2]),
  seed: 7,
  firstIndex: 0,
  count: 1,
  steps: 3,
  solver: 'euler',
  timeGrid: 'uniform',
  stochasticity: { strength: 0, from: 0, to: 1 },
  format: 'safetensors',
  inputScaling: 'folded',
};

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

/** Digests of the files of a job. */
async function digests(changes: Partial<SampleJob>): Promise<readonly string[]> {
  return (await sampler.sample({ ...BASE, ...changes })).map(({ sha256 }) => sha256);
}

describe('the architecture of a job', () => {
  it('is the same as widths and as the graph that they stand for', async () => {
    const graph = {
      input: [2],
      nodes: [
        { op: 'dense', units: 8 },
        { op: 'activation', function: 'relu' },
        { op: 'dense', units: 2 },
      ],
    } as const;
    expect(await digests({ architecture: graph })).toEqual(await digests({}));
  });

  it('is refused by the name of an op that there is not', async () => {
    const nodes = [{ op: 'deconvolution', units: 8 }] as unknown as GraphForm['nodes'];
    await expect(digests({ architecture: { input: [2], nodes } })).rejects.toThrow(
      /expected an op of dense, .*got "deconvolution"/,
    );
  });
});

describe('the networks of a seed', () => {
  // One hidden neuron makes axes of size 1; 40 is beyond every width of the population.
  it.each([
    [[2, 1, 2]],
    [[2, 8, 2]],
    [[2, 40, 2]],
    [[2, 1, 1, 2]],
    [[2, 1, 13, 2]],
    [[2, 13, 1, 2]],
    [[2, 7, 13, 2]],
  ])('are bit-equal whatever is drawn beside them: %j', { timeout: 60_000 }, async (layers) => {
    const arch = architecture(layers);
    const of = async (firstIndex: number, count: number): Promise<readonly string[]> =>
      (await sampler.sampleWeights({ ...BASE, architecture: arch, firstIndex, count })).map(
        ({ weights }) => Buffer.from(weights.buffer).toString('hex'),
      );
    // More than one tile of 64.
    const all = await of(0, 70);
    expect(new Set(all).size).toBe(70);
    for (const [first, count] of [
      [0, 1],
      [69, 1],
      [0, 2],
      [63, 2],
      [30, 7],
      [3, 64],
      [5, 65],
    ] as const) {
      const equal = (await of(first, count)).map((own, k) => own === all[first + k]);
      expect(equal, `${count} from ${first}`).toEqual(equal.map(() => true));
    }
  });

  it('are bit-equal when jobs run at the same time and on a fresh sampler', async () => {
    const expected = await digests({ count: 3 });
    const deep = { architecture: architecture([2, 5, 6, 2]) };
    const together = await Promise.all([
      digests({ count: 3 }),
      digests(deep),
      digests({ count: 3 }),
      digests(deep),
    ]);
    expect(together[0]).toEqual(expected);
    expect(together[2]).toEqual(expected);
    expect(together[1]).toEqual(together[3]);
    const fresh = await Sampler.open({ modelsDir: flow.modelsDir });
    try {
      const networks = await fresh.sample({ ...BASE, count: 3 });
      expect(networks.map(({ sha256 }) => sha256)).toEqual(expected);
    } finally {
      await fresh.close();
    }
  });

  it.each(FLOW_GEOMETRIES)('are bit-equal in a batch with others: %s', async (geometry) => {
    const own = await writeToyFlow({ geometry });
    const sampler = await Sampler.open({ modelsDir: own.modelsDir });
    // 9 neurons: in such a batch no tensor of a network ends where memory is aligned.
    const nine = architecture([2, 9, 2]);
    const stochasticity = { strength: 0.5, from: 0, to: 1 };
    const changes: readonly Partial<SampleJob>[] = [
      { seed: 1 },
      { seed: 2, count: 70, format: 'npz' },
      { seed: 1, firstIndex: 5, format: 'onnx' },
      { seed: 3, count: 3 },
      { seed: 1, inputScaling: 'separate' },
    ];
    const jobs = changes.map((change) => ({
      ...BASE,
      architecture: nine,
      stochasticity,
      ...change,
    }));
    const batched: (readonly string[])[] = jobs.map(() => []);
    for await (const outcome of sampler.sampleTogether(jobs.map((job) => ({ job })))) {
      if ('error' in outcome) throw outcome.error;
      batched[outcome.position] = outcome.networks.map(({ sha256 }) => sha256);
    }
    for (const [position, job] of jobs.entries()) {
      const alone = await sampler.sample(job);
      expect(batched[position]).toEqual(alone.map(({ sha256 }) => sha256));
    }
    await sampler.close();
    await own.remove();
  });

  it('differ between seeds, numbers of steps and architectures', async () => {
    const variants = await Promise.all([
      digests({}),
      digests({ seed: 8 }),
      digests({ steps: 4 }),
      digests({ firstIndex: 1 }),
      digests({ architecture: architecture([2, 9, 2]) }),
    ]);
    expect(new Set(variants.flat()).size).toBe(variants.length);
  });
});

describe('Sampler.sample', () => {
  it('names flow, seed and place in the metadata of a network', async () => {
    const [, network] = await sampler.sample({ ...BASE, firstIndex: 4, count: 2, format: 'onnx' });
    expect(network?.index).toBe(5);
    expect(network?.metadata).toMatchObject({
      producer: 'weightspring',
      provider: 'cpu',
      flow: TOY_FLOW,
      flowSha256: flow.config.sha256,
      seed: '7',
      index: '5',
      solver: 'euler',
      steps: '3',
      architecture: '{"layers":[2,8,2],"activation":"relu"}',
      featureNames: '["x","y"]',
      classNames: '["first spiral","second spiral"]',
      inputScaling: 'graph',
      inputMean: '[0.100000001,-0.200000003]',
      inputScale: '[0.5,0.600000024]',
    });
    const { metadata } = decodeModel(network!.bytes);
    expect(metadata).toEqual(network?.metadata);
  });

  it.each([
    ['an unknown flow', { flow: 'nobody' }, 'not-found', 'flow'],
    [
      'too many hidden layers',
      { architecture: architecture([2, 4, 4, 4, 2]) },
      'unsupported-architecture',
      'architecture.layers',
    ],
    [
      'a hidden layer too wide',
      { architecture: architecture([2, 8, 41, 2]) },
      'unsupported-architecture',
      'architecture.layers[2]',
    ],
    [
      'an activation that the flow has not seen',
      { architecture: architecture([2, 8, 2], 'gelu') },
      'unsupported-architecture',
      'architecture.activation',
    ],
    ['too many steps', { steps: 65 }, 'invalid-argument', 'steps'],
    [
      'an ONNX classifier of standardised features',
      { format: 'onnx', inputScaling: 'separate' },
      'invalid-argument',
      'inputScaling',
    ],
  ] as const)('refuses %s', async (_name, changes, code, field) => {
    await expect(sampler.sample({ ...BASE, ...changes })).rejects.toMatchObject({ code, field });
  });

  it('stops between two steps when it is cancelled', async () => {
    const controller = new AbortController();
    const sampling = sampler.sample(
      { ...BASE, architecture: architecture([2, 40, 2]), count: 64, steps: 64 },
      controller.signal,
    );
    // The step that runs when this timer fires is the last.
    setTimeout(() => {
      controller.abort();
    }, 1);
    await expect(sampling).rejects.toMatchObject({
      code: 'cancelled',
      message: expect.stringMatching(/^cancelled after \d+ of 64 steps$/) as string,
    });
    expect(await digests({})).toHaveLength(1);
  });

  it('does not start a step when it was cancelled before', async () => {
    await expect(sampler.sample(BASE, AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
      message: 'cancelled before its networks were drawn',
    });
  });
});

describe('Sampler.sampleTogether', () => {
  it('answers each job with its own networks or its own error', async () => {
    const cancelled = { job: { ...BASE, seed: 2 }, signal: AbortSignal.abort() };
    const outcomes: unknown[] = [];
    for await (const { position, ...rest } of sampler.sampleTogether([{ job: BASE }, cancelled])) {
      outcomes[position] = rest;
    }
    expect(outcomes).toMatchObject([
      { networks: [{ index: 0 }] },
      { error: { code: 'cancelled' } },
    ]);
    const wrong = { ...BASE, steps: 1000 };
    for await (const outcome of sampler.sampleTogether([{ job: wrong }])) {
      expect(outcome).toMatchObject({ error: { code: 'invalid-argument', field: 'steps' } });
    }
  });

  it('answers with errors only where no job can run', async () => {
    const outcomes: unknown[] = [];
    const unknown = { job: { ...BASE, flow: 'nobody' } };
    for await (const outcome of sampler.sampleTogether([unknown, unknown])) outcomes.push(outcome);
    expect(outcomes).toMatchObject([
      { position: 0, error: { code: 'not-found' } },
      { position: 1, error: { code: 'not-found' } },
    ]);
  });

  it('refuses jobs that do not belong together', async () => {
    const batch = [{ job: BASE }, { job: { ...BASE, steps: 4 } }];
    await expect(sampler.sampleTogether(batch).next()).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('the sessions of a sampler', () => {
  const create = vi.spyOn(InferenceSession, 'create');
  const opened: Sampler[] = [];
  const folders: string[] = [];
  const open = async (options: Partial<SamplerOptions> = {}): Promise<Sampler> => {
    create.mockClear();
    const own = await Sampler.open({ modelsDir: flow.modelsDir, ...options });
    opened.push(own);
    return own;
  };
  /** Threads of the sessions opened since, but for that of the probe of the device. */
  const threads = (): readonly unknown[] =>
    create.mock.calls
      .filter(([, options]) => options?.enableMemPattern === false)
      .map(([, options]) => options?.intraOpNumThreads);

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((own) => own.close()));
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
  });
  afterAll(() => {
    create.mockRestore();
  });

  /** A folder of flows, each in its own way the toy flow; `change` may edit a configuration. */
  async function writeFlows(
    count: number,
    change: (config: FlowConfig) => object = (config) => config,
  ): Promise<string> {
    const modelsDir = await mkdtemp(join(tmpdir(), 'weightspring-flows-'));
    folders.push(modelsDir);
    for (let k = 0; k < count; k++) {
      const own = await writeToyFlow({ parameterStd: 0.1 + 0.01 * k });
      const folder = join(modelsDir, `flow-${k}`);
      await cp(own.folder, folder, { recursive: true });
      const config = { ...change(own.config), name: `flow-${k}` };
      await writeFile(join(folder, FLOW_FILES.config), JSON.stringify(config));
      await own.remove();
    }
    return modelsDir;
  }

  it('are there for the commonest job of a warm sampler', async () => {
    const modelsDir = await writeFlows(1, (config) => ({
      ...config,
      architectures: config.architectures.map((own, k) => ({ ...own, runs: k === 2 ? 9 : 3 })),
    }));
    const warm = await open({ modelsDir, warm: true });
    expect(threads()).toHaveLength(1);
    const job = { ...BASE, flow: 'flow-0' };
    await warm.sample({ ...job, architecture: architecture([2, 8, 8, 2]) });
    expect(threads()).toHaveLength(1);
    await warm.sample(job);
    expect(threads()).toHaveLength(2);
  });

  it('are not opened before they are needed otherwise', async () => {
    await open();
    expect(threads()).toHaveLength(0);
  });

  it('are no more from the start than are kept', async () => {
    const warm = await open({ modelsDir: await writeFlows(8), warm: true });
    expect(threads()).toHaveLength(6);
    for (const { name } of warm.flows().slice(0, 6)) await warm.sample({ ...BASE, flow: name });
    expect(threads()).toHaveLength(6);
  });

  it('stay open for small and for large batches', async () => {
    const modelsDir = await writeFlows(6);
    const wide = { ...BASE, architecture: architecture([2, 40, 40, 2]), count: 64, steps: 1 };
    const two = await open({ modelsDir, threads: 2, warm: true });
    for (let round = 0; round < 2; round++) {
      for (const { name } of two.flows()) {
        await two.sample({ ...BASE, flow: name });
        await two.sample({ ...wide, flow: name });
      }
    }
    expect(threads()).toHaveLength(6 + 6);
  });

  it('leave it to a job to fail where warming does', async () => {
    const small = await open({ memoryBytes: 1_000, warm: true });
    await expect(small.sample(BASE)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('have one thread for a small batch and all for a large one, of the same bytes', async () => {
    const wide = { ...BASE, architecture: architecture([2, 40, 40, 2]), count: 64, steps: 1 };
    const two = await open({ threads: 2 });
    const [alone] = await two.sample({ ...wide, count: 1 });
    expect(threads()).toEqual([1]);
    const together = await two.sample(wide);
    expect(threads()).toEqual([1, 2]);
    expect(together[0]?.sha256).toBe(alone?.sha256);
    const one = await open({ threads: 1 });
    expect((await one.sample(wide)).map(({ sha256 }) => sha256)).toEqual(
      together.map(({ sha256 }) => sha256),
    );
    expect(threads()).toEqual([1]);
  });
});

it('tells a flow whose files went away after it was opened', async () => {
  const own = await writeToyFlow();
  const sampler = await Sampler.open({ modelsDir: own.modelsDir });
  try {
    await sampler.sample(BASE);
    const deep = { ...BASE, architecture: architecture([2, 8, 8, 2]) };
    await rm(join(own.folder, FLOW_FILES.model));
    await expect(sampler.sample(deep)).rejects.toMatchObject({ code: 'flow-changed' });
    // What is open stays open.
    expect(await sampler.sample(BASE)).toHaveLength(1);
  } finally {
    await sampler.close();
    await own.remove();
  }
});

describe('Sampler.open', () => {
  it('tells what each flow serves', () => {
    const [summary, ...others] = sampler.flows();
    expect(others).toEqual([]);
    expect(summary).toMatchObject({
      name: TOY_FLOW,
      velocity: 'neuron-transformer',
      inputs: 2,
      outputs: 2,
      bounds: flow.config.bounds,
      sha256: flow.config.sha256,
    });
    expect(networkOf(architecture([2, 8, 2])).parameters).toBeLessThan(summary!.parameters);
  });

  it('refuses a folder that is not there', async () => {
    const modelsDir = join(flow.modelsDir, 'nowhere');
    await expect(Sampler.open({ modelsDir })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('refuses a flow whose model is not the one that its configuration names', async () => {
    const damaged = await writeToyFlow();
    try {
      const path = join(damaged.folder, FLOW_FILES.model);
      const bytes = await readFile(path);
      // One bit of a parameter: the file still parses.
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = bytes[middle]! ^ 1;
      await writeFile(path, bytes);
      const opened = await Sampler.open({ modelsDir: damaged.modelsDir });
      expect(opened.flows()).toEqual([]);
      const reason = expect.stringContaining('flow.onnx is not the model that') as string;
      expect(opened.refused()).toEqual([{ name: TOY_FLOW, reason }]);
      expect(() => opened.flow(TOY_FLOW)).toThrow(/flow\.onnx is not the model that/);
      await opened.close();
    } finally {
      await damaged.remove();
    }
  });
});

describe('a flow that is replaced on disk', () => {
  let own: ToyFlow;
  let other: ToyFlow;
  let sampler: Sampler;
  let planned: SampleJob;

  beforeEach(async () => {
    own = await writeToyFlow();
    other = await writeToyFlow({ parameterStd: 0.3 });
    sampler = await Sampler.open({ modelsDir: own.modelsDir });
    planned = { ...BASE, configSha256: sampler.flow(TOY_FLOW).configSha256 };
  });

  afterEach(async () => {
    await sampler.close();
    await Promise.all([own.remove(), other.remove()]);
  });

  const replace = (): Promise<void> => cp(other.folder, own.folder, { recursive: true });
  const bytesOf = async (from: Sampler, job: SampleJob): Promise<Uint8Array> =>
    (await from.sample(job))[0]!.bytes;

  it('answers a job with the version that it was planned with, or not at all', async () => {
    const before = await bytesOf(sampler, planned);
    await replace();
    expect(await bytesOf(sampler, planned)).toEqual(before);
    // A process that starts now finds the other version.
    const late = await Sampler.open({ modelsDir: own.modelsDir });
    try {
      await expect(late.sample(planned)).rejects.toMatchObject({ code: 'flow-changed' });
      const { configSha256 } = late.flow(TOY_FLOW);
      expect(configSha256).not.toBe(planned.configSha256);
      const after = await bytesOf(late, { ...planned, configSha256 });
      expect(after).not.toEqual(before);
      // One that had the old version takes over the new one, and keeps what it has open.
      expect(await bytesOf(sampler, { ...planned, configSha256 })).toEqual(after);
      expect(await bytesOf(sampler, planned)).toEqual(before);
    } finally {
      await late.close();
    }
  });

  it('is told by its configuration too, though the model stays the same', async () => {
    const path = join(own.folder, FLOW_FILES.config);
    const config = JSON.parse(await readFile(path, 'utf8')) as { standardisation: object };
    const standardisation = { mean: [1, 1], scale: [2, 2] };
    await writeFile(path, JSON.stringify({ ...config, standardisation }));
    const late = await Sampler.open({ modelsDir: own.modelsDir });
    await expect(late.sample(planned)).rejects.toMatchObject({ code: 'flow-changed' });
    await late.close();
  });

  it('fails all jobs of a batch that asks for a version that is gone', async () => {
    const gone = { ...planned, configSha256: 'e'.repeat(64) };
    const outcomes = [];
    for await (const outcome of sampler.sampleTogether([{ job: gone }, { job: gone }])) {
      outcomes.push(outcome);
    }
    expect(outcomes).toMatchObject([
      { position: 0, error: { code: 'flow-changed' } },
      { position: 1, error: { code: 'flow-changed' } },
    ]);
  });
});
