import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COUPLINGS } from '../../src/flow/couplings/registry.js';
import { FLOW_GEOMETRIES } from '../../src/flow/geometry.js';
import type { PopulationGroup } from '../../src/flow/tensor-scales.js';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { Random } from '../../src/random.js';
import type { Engine } from '../../src/training/engine.js';
import { chooseRank } from '../../src/training/choose-rank.js';
import { fitInputSpectrum, inputMetricOf } from '../../src/training/fit-input-metric.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { TfjsEngine } from '../../src/training/tfjs-engine.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../src/training/flow-training-config.js';
import { trainFlow } from '../../src/training/train-flow.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import { VELOCITY_KINDS, type VelocityKind } from '../../src/velocity/registry.js';

const FEATURES = 5;
const RANK = 4;
const DATA = new Random(1, 'rows').normals(FEATURES * 50).map((value, n) => value * (1 + (n % 5)));
const metric = inputMetricOf(await fitInputSpectrum(DATA, FEATURES), RANK);

const group = (...layers: number[]): PopulationGroup => {
  const arch = architecture(layers);
  const networks = Array.from({ length: 6 }, (_, seed) => initialise(arch, new Random(seed)));
  return { architecture: arch, networks };
};
const POPULATION = [group(FEATURES, 4, 2), group(FEATURES, 5, 4, 2)];

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weightspring-'));
});
afterEach(() => rm(dir, { recursive: true }));

function configOf(
  kind: VelocityKind,
  changes: Partial<FlowTrainingConfig> = {},
  population = POPULATION,
): FlowTrainingConfig {
  const reduced = population.map(({ architecture: arch }) => metric.reducedArchitecture(arch));
  const heads = kind.endsWith('transformer') ? { heads: 2 } : {};
  return {
    ...FLOW_TRAINING_DEFAULTS,
    velocity: chooseVelocityConfig(kind, reduced, { width: 8, blocks: 1, ...heads }),
    geometry: 'geometric',
    skip: 'euclidean',
    prior: 'matched',
    inputMetric: RANK,
    behaviour: { weight: 0.5, rows: 6 },
    batchSize: 4,
    steps: 4,
    ...changes,
  };
}

async function lossesOf(
  config: FlowTrainingConfig,
  name: string,
  {
    engine = new OrtEngine({ threads: 1 }),
    population = POPULATION,
    stopAt = Infinity,
  }: { engine?: Engine; population?: readonly PopulationGroup[]; stopAt?: number } = {},
): Promise<{ readonly losses: readonly number[]; readonly parameters: readonly Float32Array[] }> {
  const losses: number[] = [];
  const controller = new AbortController();
  const { parameters } = await trainFlow(population, config, {
    engine,
    inputMetric: metric,
    rows: DATA,
    runDir: join(dir, name),
    signal: controller.signal,
    onStep: ({ step, loss }) => {
      losses.push(loss);
      if (step === stopAt) controller.abort();
    },
  });
  return { losses, parameters };
}

describe('a training with input metric, matched prior, behaviour loss and no skip', () => {
  it('continues a stopped run bit by bit', async () => {
    const config = configOf('neuron-transformer');
    const whole = await lossesOf(config, 'whole');
    const first = await lossesOf(config, 'stopped', { stopAt: 2 });
    const rest = await lossesOf(config, 'stopped');
    expect([...first.losses, ...rest.losses]).toEqual(whole.losses);
    expect(rest.parameters).toEqual(whole.parameters);
  });

  it.each(VELOCITY_KINDS)('works with a %s', async (kind) => {
    // An mlp serves one architecture.
    const population = POPULATION.slice(0, kind === 'mlp' ? 1 : undefined);
    const { losses } = await lossesOf(configOf(kind, {}, population), kind, { population });
    expect(losses).toHaveLength(4);
    expect(losses.every((loss) => Number.isFinite(loss) && loss > 0)).toBe(true);
  });

  it.each(
    FLOW_GEOMETRIES.flatMap((geometry) =>
      COUPLINGS.map((coupling) => [geometry, coupling] as const),
    ),
  )('works in %s flows with the %s coupling', async (geometry, coupling) => {
    const config = configOf('neuron-transformer', { geometry, coupling, skip: 'biases', steps: 2 });
    const { losses } = await lossesOf(config, geometry + coupling);
    expect(losses.every((loss) => Number.isFinite(loss) && loss > 0)).toBe(true);
  });

  it('works where velocities are predicted', async () => {
    const config = configOf('neuron-transformer', { prediction: 'velocity', skip: 'all' });
    const { losses } = await lossesOf(config, 'velocity');
    expect(losses.every((loss) => Number.isFinite(loss) && loss > 0)).toBe(true);
  });

  it('runs alike on both engines (1e-3)', async () => {
    const config = configOf('neuron-transformer', { steps: 8 });
    const tfjs = await TfjsEngine.load({ backends: ['tfjs-wasm'], log: () => undefined });
    const [a, b] = [
      await lossesOf(config, 'ort'),
      await lossesOf(config, 'tfjs', { engine: tfjs }),
    ];
    a.losses.forEach((loss, step) => {
      expect(Math.abs(loss / b.losses[step]! - 1), `step ${step}`).toBeLessThan(1e-3);
    });
  });

  it('adds the behaviour loss with its weight', async () => {
    const first = async (weight: number): Promise<number> => {
      const config = configOf('neuron-transformer', { behaviour: { weight, rows: 6 }, steps: 1 });
      return (await lossesOf(config, `weight ${weight}`)).losses[0]!;
    };
    const [none, one, two] = [await first(1e-9), await first(1), await first(2)];
    expect(one - none).toBeGreaterThan(1e-4);
    expect((two - none) / (one - none)).toBeCloseTo(2, 2);
  });

  it.each<[string, Partial<FlowTrainingConfig>]>([
    ['--skip', { prediction: 'velocity' }],
    ['inputMetric', { inputMetric: 3 }],
  ])('refuses choices that do not go together: %s', async (field, changes) => {
    await expect(
      lossesOf(configOf('neuron-transformer', changes), 'refused'),
    ).rejects.toMatchObject({ code: 'invalid-argument', field });
  });

  it('refuses a behaviour loss without rows', async () => {
    await expect(
      trainFlow(POPULATION, configOf('neuron-transformer'), {
        engine: new OrtEngine({ threads: 1 }),
        inputMetric: metric,
        runDir: dir,
      }),
    ).rejects.toMatchObject({ code: 'invalid-argument', field: 'rows' });
  });
});

describe('the rank of the input metric', async () => {
  const spectrum = await fitInputSpectrum(DATA, FEATURES);

  it('is the smallest that leaves networks what they say', async () => {
    // These networks read nothing but the two leading directions.
    const two = inputMetricOf(spectrum, 2);
    const finals = POPULATION.map(({ architecture: arch, networks }) => ({
      architecture: arch,
      networks: networks.map((network) => two.expand(two.reduce(network, arch), arch)),
    }));
    expect(await chooseRank(spectrum, { finals, rows: DATA })).toBe(2);
    expect(await chooseRank(spectrum, { finals: POPULATION, rows: DATA })).toBeGreaterThan(2);
  });

  it('is no more than tokens hold', async () => {
    expect(await chooseRank(spectrum, { finals: POPULATION, rows: DATA, most: 2 })).toBe(2);
  });
});
