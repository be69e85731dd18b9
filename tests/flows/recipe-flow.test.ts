import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  decodeSealedSafetensors,
  encodeSealedSafetensors,
} from '../../src/files/sealed-safetensors.js';
import { isCanonical, type FlowGeometry } from '../../src/flow/geometry.js';
import { networkParameters } from '../../src/flow/network-parameters.js';
import { COORDINATES_FILE } from '../../src/flows/coordinates-file.js';
import type { FlowConfig } from '../../src/flows/flow-config.js';
import { openFlow, readFlow, writeFlow } from '../../src/flows/flow-store.js';
import { completeSampling } from '../../src/flows/sampling-options.js';
import { likelihoodFlow } from '../../src/likelihood/likelihood-flow.js';
import { logLikelihood } from '../../src/likelihood/log-likelihood.js';
import { architecture } from '../../src/network/architecture.js';
import { networkOf } from '../../src/network/network.js';
import { Random } from '../../src/random.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { fitInputSpectrum, inputMetricOf } from '../../src/training/fit-input-metric.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import { fittedCoordinates } from '../support/fitted-space.js';

const FEATURES = 6;
const RANK = 3;
const ARCH = architecture([FEATURES, 5, 2]);
const NAME = 'recipe';

const rows = new Random(1, 'rows').normals(FEATURES * 80).map((value, n) => value * (1 + (n % 6)));
const metric = inputMetricOf(await fitInputSpectrum(rows, FEATURES), RANK);
const NETWORKS = Array.from({ length: 6 }, (_, seed) =>
  new Random(seed, 'network').normals(networkOf(ARCH).parameters),
);

let modelsDir: string;
beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'weightspring-recipe-'));
});
afterEach(() => rm(modelsDir, { recursive: true }));

const folder = (): string => join(modelsDir, NAME);

/** A flow with a truncated input metric, a matched prior and no skip on spheres, not trained. */
async function write(geometry: FlowGeometry = 'geometric', width = 8): Promise<FlowConfig> {
  const coordinates = await fittedCoordinates(ARCH, NETWORKS, geometry, {
    inputMetric: metric,
    prior: 'matched',
  });
  const velocity = chooseVelocityConfig('neuron-transformer', [metric.reducedArchitecture(ARCH)], {
    width,
    blocks: 1,
    heads: 2,
    edgeWidth: 4,
  });
  const parameters = new Map(
    networkParameters(velocity, geometry).map(({ name, shape }) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      const data = new Random(1, name).normals(size).map((value) => 0.2 * value);
      return [name, { shape, data }] as const;
    }),
  );
  return writeFlow(
    folder(),
    {
      name: NAME,
      description: 'Untrained, for tests',
      task: 'spirals',
      geometry,
      velocity,
      prediction: 'endpoint',
      skip: 'euclidean',
      prior: 'matched',
      inputMetric: { features: FEATURES, rank: RANK, largestResidual: 0.2 },
      scales: Object.fromEntries(
        Object.entries(coordinates.scales).map(([key, laws]) => [key, [...laws]]),
      ),
      logScales: { ...coordinates.logScales },
      solver: 'euler',
      timeGrid: 'uniform',
      stochasticity: { strength: 0, from: 0, to: 1 },
      steps: { default: 2, max: 8 },
      bounds: {
        hiddenLayers: { min: 1, max: 1 },
        width: { min: 1, max: 40 },
        totalWeights: { max: 2000 },
      },
      activations: isCanonical(geometry) ? ['relu'] : ['relu', 'tanh'],
      featureNames: Array.from({ length: FEATURES }, (_, d) => `feature ${d}`),
      classNames: ['no', 'yes'],
      standardisation: {
        mean: new Array<number>(FEATURES).fill(0),
        scale: new Array<number>(FEATURES).fill(1),
      },
      architectures: [{ layers: [...ARCH.layers], activation: 'relu', runs: 6, accuracy: 0.5 }],
      training: {},
    },
    parameters,
    { coordinates: { inputMetric: coordinates.inputMetric, deviations: coordinates.deviations } },
  );
}

describe.each(['euclidean', 'normalized', 'geometric'] as const)(
  'a stored %s flow of the recipe',
  (geometry) => {
    it('makes networks on all features, within the kept directions', async () => {
      await write(geometry);
      const sampler = await Sampler.open({ modelsDir, threads: 1 });
      try {
        expect(sampler.refused()).toEqual([]);
        const flow = sampler.flow(NAME);
        expect(flow.inputs).toBe(FEATURES);
        expect(Object.keys(flow.operations)).toEqual([networkOf(ARCH).family.key]);
        const drawn = await sampler.sampleWeights({
          flow: NAME,
          architecture: ARCH,
          seed: 1,
          firstIndex: 0,
          count: 3,
          ...completeSampling(flow, {}),
        });
        for (const { weights } of drawn) {
          expect(weights.length).toBe(networkOf(ARCH).parameters);
          expect(metric.residual(weights, ARCH)).toBeLessThan(1e-3);
          expect(weights.every(Number.isFinite)).toBe(true);
        }
      } finally {
        await sampler.close();
      }
    });

    it('reads the coordinates that it was written with', async () => {
      await write(geometry);
      const { coordinates } = await readFlow(folder());
      expect(coordinates.inputMetric?.moments).toEqual(metric.moments);
      const fitted = await fittedCoordinates(ARCH, NETWORKS, geometry, {
        inputMetric: metric,
        prior: 'matched',
      });
      expect(coordinates.deviations).toEqual(fitted.deviations);
      expect((await openFlow(folder())).coordinates.deviations).toEqual(fitted.deviations);
    });
  },
);

describe('likelihoods under a flow of the recipe', () => {
  it('are refused where tokens are no wider than what they write', async () => {
    await write('geometric', 4);
    await expect(
      logLikelihood(likelihoodFlow(await readFlow(folder())), [
        { architecture: ARCH, weights: NETWORKS[0]! },
      ]),
    ).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(
        /5 coordinates of each neuron from 4 features.*--skip all/,
      ) as string,
    });
  });

  it('say what the truncation leaves out, and what is outside the support', async () => {
    await write('geometric', 8);
    const [result] = await logLikelihood(
      likelihoodFlow(await readFlow(folder())),
      [{ architecture: ARCH, weights: NETWORKS[0]! }],
      { steps: 4, probes: 1 },
      { threads: 1 },
    );
    expect(Number.isFinite(result!.logDensity)).toBe(true);
    expect(result!.inputResidual).toBeCloseTo(metric.residual(NETWORKS[0]!, ARCH), 6);
    expect(result!.isOutsideSupport).toBe(true);
  });
});

describe('the file of coordinates', () => {
  interface Edited {
    readonly name: string;
    readonly edit: (data: Float32Array) => void;
  }

  /** Writes the file anew, sealed and named by config.json. */
  async function replace(edits: readonly Edited[], without?: string): Promise<void> {
    await write();
    const path = join(folder(), COORDINATES_FILE);
    const { tensors } = decodeSealedSafetensors(await readFile(path));
    for (const { name, edit } of edits) edit(tensors.get(name)!.data);
    const bytes = encodeSealedSafetensors(
      [...tensors]
        .filter(([name]) => name !== without)
        .map(([name, { shape, data }]) => ({ name, shape, data })),
      {},
    );
    await writeFile(path, bytes);
    await change({ coordinatesSha256: createHash('sha256').update(bytes).digest('hex') });
  }

  async function change(fields: Readonly<Record<string, unknown>>): Promise<void> {
    const path = join(folder(), 'config.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, ...fields }));
  }

  const set =
    (index: number, value: number): Edited['edit'] =>
    (data) => {
      data[index] = value;
    };

  it.each<[string, Edited]>([
    ['a mean that is not finite', { name: 'inputMetric.mean', edit: set(1, NaN) }],
    ['a variance of 0', { name: 'inputMetric.variances', edit: set(0, 0) }],
    ['a variance that is infinite', { name: 'inputMetric.variances', edit: set(0, Infinity) }],
    ['a direction that is too long', { name: 'inputMetric.basis', edit: set(0, 7) }],
    ['a direction of no length', { name: 'inputMetric.basis', edit: (data) => data.fill(0) }],
    ['a deviation of 0', { name: 'prior.3-h1-2.w1', edit: set(0, 0) }],
    ['a negative deviation', { name: 'prior.3-h1-2.s', edit: set(0, -1) }],
  ])('is refused with %s, by name', async (_, edited) => {
    await replace([edited]);
    await expect(readFlow(folder())).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringContaining(`'${edited.name}'`) as string,
    });
  });

  it('is refused without one of its tensors, by name', async () => {
    await replace([], 'inputMetric.basis');
    await expect(openFlow(folder())).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringContaining("'inputMetric.basis'") as string,
    });
  });

  it('is refused once it is not the one that config.json names, or gone', async () => {
    await write();
    const path = join(folder(), COORDINATES_FILE);
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(readFlow(folder())).rejects.toMatchObject({ code: 'data-corrupt' });
    await rm(path);
    await expect(readFlow(folder())).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['inputMetric.rank', { inputMetric: { features: FEATURES, rank: 2, largestResidual: 0 } }],
    ['inputMetric.rank', { inputMetric: { features: 2, rank: RANK, largestResidual: 0 } }],
    ['featureNames', { inputMetric: { features: 7, rank: RANK, largestResidual: 0 } }],
    ['coordinatesSha256', { coordinatesSha256: undefined }],
    ['coordinatesSha256', { inputMetric: undefined, prior: undefined }],
    ['skip', { prediction: 'velocity' }],
    ['skip', { skip: 'some' }],
  ])('goes with a configuration that is sound: %s', async (field, fields) => {
    await write();
    await change(fields);
    await expect(readFlow(folder())).rejects.toMatchObject({
      code: 'data-corrupt',
      message: expect.stringContaining(field) as string,
    });
  });
});
