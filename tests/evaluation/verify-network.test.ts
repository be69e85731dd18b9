import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyNetwork, type Verification } from '../../src/evaluation/verify-network.js';
import { FLOW_FILES } from '../../src/flows/flow-store.js';
import type { NoveltyCertificate } from '../../src/formats/certificate.js';
import { fileFormat, NETWORK_FORMATS, WEIGHT_FORMATS } from '../../src/formats/network-format.js';
import type { DecodedNetwork } from '../../src/formats/kinds/file-format.js';
import { architecture } from '../../src/network/architecture.js';
import { Sampler } from '../../src/sampling/sampler.js';
import type { SampleJob } from '../../src/sampling/sample-job.js';
import { sampleJob } from '../support/sample-job.js';
import { writeToyFlow, type ToyFlow } from '../support/toy-flow.js';

const KINDS: readonly Partial<SampleJob>[] = [
  ...NETWORK_FORMATS.map((format) => ({ format, inputScaling: 'folded' as const })),
  ...WEIGHT_FORMATS.map((format) => ({ format, inputScaling: 'separate' as const })),
  { format: 'safetensors', inputScaling: 'separate', weightScale: 'balanced' },
];

let flow: ToyFlow;
let bare: ToyFlow;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weightspring-verify-'));
  flow = await writeToyFlow({ geometry: 'geometric', keepsRuns: true });
  bare = await writeToyFlow();
});
afterAll(async () => {
  await Promise.all([flow.remove(), bare.remove(), rm(folder, { recursive: true })]);
});

/** The file of a job's first network. */
async function fileOf(changes: Partial<SampleJob>, from = flow): Promise<string> {
  const job = sampleJob(changes);
  const sampler = await Sampler.open({ modelsDir: from.modelsDir });
  const [network] = await sampler.sample(job);
  await sampler.close();
  const path = join(folder, `net${fileFormat(job.format).extension}`);
  await writeFile(path, network!.bytes);
  return path;
}

/** Writes a file anew with something else in it. */
async function change(
  path: string,
  { format = 'safetensors' }: Partial<SampleJob>,
  changes: (network: DecodedNetwork) => Partial<DecodedNetwork>,
): Promise<void> {
  const { decode, encode } = fileFormat(format);
  const network = decode!(await readFile(path), { activation: 'relu' });
  const { mean, scale } = flow.config.standardisation;
  const takes =
    network.takes === 'raw' || network.takes === undefined ? { mean, scale } : network.takes;
  await writeFile(path, encode({ ...network, standardisation: takes, ...changes(network) }));
}

const changed = ({ claims }: Verification): readonly string[] =>
  claims.filter(({ holds }) => !holds).map(({ claim }) => claim);

describe.each(KINDS)('a file of $format with inputs $inputScaling, $weightScale', (kind) => {
  it('holds what it claims', async () => {
    const verification = await verifyNetwork(await fileOf(kind), flow.modelsDir);
    expect(verification).toMatchObject({ verdict: 'holds', reason: null, flow: 'toy' });
    expect(verification.claims.map(({ claim }) => claim)).toEqual(
      expect.arrayContaining(['weightsSha256', 'noveltyDistance', 'noveltyNearestRun']),
    );
    const distance = verification.claims.find(({ claim }) => claim === 'noveltyDistance');
    expect(distance?.stated).toBeGreaterThan(0);
  });

  it('is changed by one bit of a weight, and by a larger change in its distance too', async () => {
    const path = await fileOf(kind);
    const move = (by: (weight: number) => number) =>
      change(path, kind, ({ weights }) => ({
        weights: weights.map((weight, i) => (i === 3 ? by(weight) : weight)),
      }));
    await move((weight) => weight * (1 + 2 ** -22));
    const slightly = await verifyNetwork(path, flow.modelsDir);
    expect(slightly.verdict).toBe('changed');
    expect(changed(slightly)).toEqual(['weightsSha256']);
    await move((weight) => weight + 1);
    expect(changed(await verifyNetwork(path, flow.modelsDir))).toEqual(
      expect.arrayContaining(['weightsSha256', 'noveltyDistance', 'noveltyRatio']),
    );
  });
});

describe('a changed claim', () => {
  it.each<[keyof NoveltyCertificate, string]>([
    ['noveltyDistance', '9'],
    ['noveltyRatio', '1.5'],
    ['noveltyNearestRun', '7'],
    ['noveltyRuns', '300'],
    ['noveltyMedianRatio', '1'],
    ['noveltyReason', 'because'],
    ['weightsSha256', 'f'.repeat(64)],
  ])('%s is named', async (claim, value) => {
    const path = await fileOf({ format: 'safetensors' });
    await change(path, {}, ({ metadata }) => ({ metadata: { ...metadata, [claim]: value } }));
    const verification = await verifyNetwork(path, flow.modelsDir);
    expect(verification.verdict).toBe('changed');
    expect(changed(verification)).toEqual([claim]);
  });

  it('is another standardisation of the inputs', async () => {
    const path = await fileOf({ format: 'safetensors', inputScaling: 'separate' });
    await change(path, {}, ({ metadata }) => ({
      metadata: { ...metadata, inputMean: '[0.1,-0.2001]' },
    }));
    expect(changed(await verifyNetwork(path, flow.modelsDir))).toContain('standardisation');
  });
});

describe('a median ratio', () => {
  const setFigures = (figures: readonly object[]) =>
    writeFile(join(flow.folder, FLOW_FILES.figures), JSON.stringify(figures));
  const figure = (steps: number, noveltyMedianRatio: number) => ({
    layers: [2, 8, 2],
    activation: 'relu',
    solver: 'euler',
    steps,
    samples: 64,
    accuracy: { mean: 0.9, min: 0.9 },
    crossEntropy: 0.3,
    trainedAccuracy: null,
    noveltyMedianRatio,
  });

  it('is the card’s for the steps of the request, else for the flow’s own', async () => {
    const before = await fileOf({ format: 'npz' });
    await setFigures([figure(2, 0.8), figure(4, 0.9)]);
    try {
      expect(await verifyNetwork(before, flow.modelsDir)).toMatchObject({ verdict: 'holds' });
      for (const [steps, ratio] of [
        [2, 0.8],
        [3, 0.9],
      ] as const) {
        const path = await fileOf({ format: 'npz', steps });
        const verification = await verifyNetwork(path, flow.modelsDir);
        expect(verification.verdict).toBe('holds');
        expect(verification.claims).toContainEqual(
          expect.objectContaining({ claim: 'noveltyMedianRatio', stated: ratio }),
        );
      }
    } finally {
      await rm(join(flow.folder, FLOW_FILES.figures));
    }
  });
});

describe('without a distance', () => {
  it.each([
    ['an architecture that the zoo has none of', { architecture: architecture([2, 9, 2]) }],
    ['a flow without its zoo', {}],
  ])('a certificate says why: %s', async (what, changes) => {
    const from = what.startsWith('a flow') ? bare : flow;
    const path = await fileOf({ ...changes, format: 'safetensors' }, from);
    const verification = await verifyNetwork(path, from.modelsDir);
    expect(verification.verdict).toBe('holds');
    const reason = verification.claims.find(({ claim }) => claim === 'noveltyReason');
    expect(reason?.found).toBe(
      from === bare
        ? "this flow was stored without its zoo's networks"
        : "the flow's zoo has no run of 2-9-2",
    );
    expect(verification.claims).toContainEqual(
      expect.objectContaining({ claim: 'noveltyDistance', stated: null, found: null }),
    );
  });
});

describe('what cannot be told', () => {
  it('is a file whose flow is not there, but for changed weights', async () => {
    const path = await fileOf({ format: 'safetensors' });
    const verification = await verifyNetwork(path, folder);
    expect(verification).toMatchObject({ verdict: 'unknown' });
    expect(verification.reason).toContain("there is no flow 'toy'");
    await change(path, {}, ({ weights }) => ({ weights: weights.map((weight) => 2 * weight) }));
    expect(await verifyNetwork(path, folder)).toMatchObject({ verdict: 'changed' });
  });

  it('is a file of another version of the flow', async () => {
    const path = await fileOf({ format: 'safetensors' });
    expect(await verifyNetwork(path, bare.modelsDir)).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('another version') as string,
    });
  });

  it.each([
    ['no certificate', 'weightsSha256', undefined],
    ['a certificate that makes no sense', 'noveltyDistance', 'far'],
    ['no flow', 'flow', undefined],
    ['a path for a flow', 'flow', '../toy'],
  ])('is a file with %s', async (_, key, value) => {
    const path = await fileOf({ format: 'safetensors' });
    await change(path, {}, ({ metadata }) => {
      const others = Object.entries(metadata).filter(([name]) => name !== key);
      const changed = value === undefined ? [] : [[key, value] as const];
      return { metadata: Object.fromEntries([...others, ...changed]) };
    });
    expect(await verifyNetwork(path, flow.modelsDir)).toMatchObject({ verdict: 'unknown' });
  });
});
