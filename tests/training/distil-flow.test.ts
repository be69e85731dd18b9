import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fitCoordinates } from '../../src/flow/fit-coordinates.js';
import { FLOW_GEOMETRIES, isCanonical, pointGeometry } from '../../src/flow/geometry.js';
import { networkParameters } from '../../src/flow/network-parameters.js';
import { samplePath } from '../../src/flow/probability-path.js';
import { standardisePopulation } from '../../src/flow/standardise-population.js';
import type { PopulationGroup } from '../../src/flow/tensor-scales.js';
import type { HostPoint } from '../../src/flow/weight-space.js';
import { architecture } from '../../src/network/architecture.js';
import { initialise } from '../../src/network/initialise.js';
import { networkOf } from '../../src/network/network.js';
import { networkLayout } from '../../src/network/point-layout.js';
import { ReferenceOps, tensor } from '../../src/ops/reference-ops.js';
import { Random } from '../../src/random.js';
import { DistilBatches } from '../../src/training/distil-batches.js';
import type { Engine } from '../../src/training/engine.js';
import { startFrom } from '../../src/training/flow-parameters.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import type { Teacher } from '../../src/training/teacher.js';
import { TfjsEngine } from '../../src/training/tfjs-engine.js';
import { fitInputSpectrum, inputMetricOf } from '../../src/training/fit-input-metric.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../src/training/flow-training-config.js';
import { trainFlow } from '../../src/training/train-flow.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import { createVelocityNetwork } from '../../src/velocity/create-velocity-network.js';
import { VELOCITY_KINDS, type VelocityKind } from '../../src/velocity/registry.js';
import { pointOf } from '../support/point-of.js';
import { randomParameters, randomPoint } from '../velocity/tiny-network.js';

const ROWS = new Random(1, 'rows').normals(3 * 40);
const STEPS = 4;

const group = (...layers: number[]): PopulationGroup => {
  const arch = architecture(layers);
  const networks = Array.from({ length: 6 }, (_, seed) => initialise(arch, new Random(seed)));
  return { architecture: arch, networks };
};
const POPULATION = [group(3, 4, 2), group(3, 5, 4, 2)];

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
  const architectures = population.map(({ architecture: arch }) => arch);
  const heads = kind.endsWith('transformer') ? { heads: 2 } : {};
  return {
    ...FLOW_TRAINING_DEFAULTS,
    velocity: chooseVelocityConfig(kind, architectures, { width: 8, blocks: 1, ...heads }),
    geometry: 'geometric',
    skip: 'euclidean',
    behaviour: { weight: 0.5, rows: 6 },
    batchSize: 8,
    steps: 4,
    distil: { teacher: 'teacher', configSha256: '0'.repeat(64), steps: STEPS },
    ...changes,
  };
}

/** A teacher whose trajectories lead evenly to its noise turned round by one row. */
function turning(config: FlowTrainingConfig, std = 0.2): Teacher {
  const parameters = new Map(
    networkParameters(config.velocity, config.geometry).map(({ name, shape }) => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      return [name, new Random(2, name).normals(size).map((value) => std * value)] as const;
    }),
  );
  return {
    parameters,
    trajectory: (arch, noise, times) => {
      const { tensors } = networkLayout(arch, isCanonical(config.geometry));
      const { path } = pointGeometry(config.geometry, tensors);
      const ops = new ReferenceOps();
      const from = noise.map(({ shape, data }) => tensor(data, shape));
      const to = noise.map(({ shape, data }) => {
        const size = data.length / shape[0]!;
        return tensor([...data.subarray(size), ...data.subarray(0, size)], shape);
      });
      const points = Array.from(times, (time): HostPoint => {
        const share = tensor(new Float64Array(noise[0]!.shape[0]!).fill(time));
        return samplePath(ops, path, from, to, share).map(({ shape, data }) => ({
          shape,
          data: Float32Array.from(data),
        }));
      });
      return Promise.resolve(points);
    },
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
    rows: ROWS,
    teacher: turning(config),
    runDir: join(dir, name),
    signal: controller.signal,
    onStep: ({ step, loss }) => {
      losses.push(loss);
      if (step === stopAt) controller.abort();
    },
  });
  return { losses, parameters };
}

describe('a training of a flow map', () => {
  it('continues a stopped run bit by bit', async () => {
    const config = configOf('neuron-transformer');
    const whole = await lossesOf(config, 'whole');
    const first = await lossesOf(config, 'stopped', { stopAt: 2 });
    const rest = await lossesOf(config, 'stopped');
    expect([...first.losses, ...rest.losses]).toEqual(whole.losses);
    expect(rest.parameters).toEqual(whole.parameters);
    expect(rest.parameters).not.toEqual(first.parameters);
  });

  it.each(VELOCITY_KINDS)('works with a %s', async (kind) => {
    // An mlp serves one architecture.
    const population = POPULATION.slice(0, kind === 'mlp' ? 1 : undefined);
    const { losses } = await lossesOf(configOf(kind, {}, population), kind, { population });
    expect(losses).toHaveLength(4);
    expect(losses.every((loss) => Number.isFinite(loss) && loss > 0)).toBe(true);
  });

  it.each(FLOW_GEOMETRIES)('works in %s flows of predicted velocities too', async (geometry) => {
    for (const changes of [{ skip: 'biases' }, { prediction: 'velocity', skip: 'all' }] as const) {
      const config = configOf('neuron-transformer', { geometry, ...changes, steps: 2 });
      const { losses } = await lossesOf(config, geometry + changes.skip);
      expect(losses.every((loss) => Number.isFinite(loss) && loss > 0)).toBe(true);
    }
  });

  it('runs alike on both engines (1e-3)', async () => {
    const config = configOf('neuron-transformer', { steps: 6 });
    const tfjs = await TfjsEngine.load({ backends: ['tfjs-wasm'], log: () => undefined });
    const [a, b] = [
      await lossesOf(config, 'ort'),
      await lossesOf(config, 'tfjs', { engine: tfjs }),
    ];
    a.losses.forEach((loss, step) => {
      expect(Math.abs(loss / b.losses[step]! - 1), `step ${step}`).toBeLessThan(1e-3);
    });
  });

  it('goes on in the coordinates of a flow of reduced networks', async () => {
    const metric = inputMetricOf(await fitInputSpectrum(ROWS, 3), 2);
    const population = POPULATION.slice(0, 1);
    const points = population.map(({ architecture: arch, networks }) => ({
      architecture: metric.reducedArchitecture(arch),
      networks: networks.map((network) => metric.reduce(network, arch)),
    }));
    const coordinates = {
      ...(await fitCoordinates(points, 'geometric')),
      inputMetric: metric,
    };
    const config = configOf('neuron-transformer', { inputMetric: 2, steps: 2 }, points);
    const teacher = turning(config);
    const asked: string[] = [];
    const trained = await trainFlow(population, config, {
      engine: new OrtEngine({ threads: 1 }),
      rows: ROWS,
      inputMetric: metric,
      coordinates,
      teacher: {
        ...teacher,
        trajectory: (arch, noise, times) => {
          asked.push(networkOf(arch).key);
          return teacher.trajectory(arch, noise, times);
        },
      },
      runDir: join(dir, 'reduced'),
    });
    expect(asked).toEqual(['2-4-2/relu', '2-4-2/relu']);
    expect(trained.coordinates).toEqual(coordinates);
  });

  it('learns the jumps of its teacher', async () => {
    const config = configOf('neuron-transformer', { steps: 60, learningRate: 1e-2 });
    const { losses } = await lossesOf(config, 'learns');
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-10))).toBeLessThan(0.9 * mean(losses.slice(0, 10)));
  }, 120_000);

  it('refuses a teacher that is not there, and a batch that does not hold both kinds', async () => {
    const config = configOf('neuron-transformer');
    const options = { engine: new OrtEngine({ threads: 1 }), rows: ROWS, runDir: dir };
    await expect(trainFlow(POPULATION, config, options)).rejects.toMatchObject({
      code: 'invalid-argument',
      field: 'teacher',
    });
    await expect(lossesOf({ ...config, batchSize: 3 }, 'small')).rejects.toMatchObject({
      code: 'invalid-argument',
      field: '--batch',
    });
  });
});

describe.each(VELOCITY_KINDS)('a flow map of a %s', (kind) => {
  const layers = [3, 5, 4, 2];
  const velocity = chooseVelocityConfig(kind, [architecture(layers)], { width: 8, blocks: 1 });
  const stored = new Map(randomParameters(velocity).map(({ name, data }) => [name, data]));
  const specs = networkParameters(velocity, 'euclidean', true);
  const start = startFrom(specs, stored, 1);
  const predicted = (span: number, until?: readonly number[]) => {
    const values = new Map(
      specs.map(({ name, shape }, index) => {
        const data = start[index]!;
        return [name, tensor(name.startsWith('time.span') ? data.fill(span) : data, shape)];
      }),
    );
    const point = pointOf(randomPoint(layers));
    return createVelocityNetwork(velocity).predict(
      new ReferenceOps(),
      (name) => values.get(name)!,
      point,
      tensor([0.1, 0.5]),
      until && tensor(until),
    );
  };

  it('starts as the flow, whatever the second time', () => {
    expect(specs.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...stored.keys(), 'time.span.weight']),
    );
    expect(predicted(0, [1, 0.6])).toEqual(predicted(0));
  });

  it('sees the second time once it has learnt', () => {
    expect(predicted(0.1, [1, 0.6])).not.toEqual(predicted(0.1, [0.7, 0.6]));
  });
});

it('draws rows of data with one time, and of trajectories with two', async () => {
  const config = configOf('neuron-transformer', {}, POPULATION.slice(0, 1));
  const population = POPULATION.slice(0, 1);
  const coordinates = await fitCoordinates(population, 'geometric');
  const teaching = { teacher: turning(config), steps: STEPS };
  const batches = new DistilBatches(
    await standardisePopulation(population, coordinates),
    { batchSize: 16, coupling: 'equivariant', times: 'uniform' },
    teaching,
    new Random(1),
  );
  for (let draw = 0; draw < 20; draw++) {
    const { inputs } = await batches.next();
    const [startShare, goalShare, s, t, stretch] = inputs
      .slice(-5)
      .map(({ data }) => Array.from(data)) as [number[], number[], number[], number[], number[]];
    expect(s).toHaveLength(16);
    s.forEach((from, row) => {
      const to = t[row]!;
      if (row < 4) {
        expect([to, startShare[row], goalShare[row], stretch[row]]).toEqual([from, from, 0, 1]);
        return;
      }
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThan(from);
      expect(to).toBeLessThanOrEqual(1);
      expect(stretch[row]! * (to - from)).toBeCloseTo(1 - from, 4);
      expect(startShare[row]).toBeCloseTo(from * STEPS - Math.floor(from * STEPS), 4);
    });
    // Every third row of a trajectory is the jump over the whole path.
    expect(s.slice(4).filter((_, row) => row % 3 === 0)).toEqual([0, 0, 0, 0]);
    expect(t.slice(4).filter((_, row) => row % 3 === 0)).toEqual([1, 1, 1, 1]);
  }
});
