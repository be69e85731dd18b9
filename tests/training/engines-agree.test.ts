import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { architecture } from '../../src/network/architecture.js';
import { familyLayout } from '../../src/network/point-layout.js';
import { initialise } from '../../src/network/initialise.js';
import type { FlowGeometry } from '../../src/flow/geometry.js';
import type { PopulationGroup } from '../../src/flow/tensor-scales.js';
import { Random } from '../../src/random.js';
import type { Engine } from '../../src/training/engine.js';
import { flowProgram } from '../../src/training/flow-program.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { TfjsEngine } from '../../src/training/tfjs-engine.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../src/training/flow-training-config.js';
import { trainFlow } from '../../src/training/train-flow.js';
import { NeuronTransformer } from '../../src/velocity/neuron-transformer.js';
import { deviation } from '../ops/finite-differences.js';
import { randomParameters as randomFlowParameters, TINY } from '../velocity/tiny-network.js';

const openTfjs = (): Promise<Engine> =>
  TfjsEngine.load({ backends: ['tfjs-wasm'], log: () => undefined });

const CONFIG: FlowTrainingConfig = {
  ...FLOW_TRAINING_DEFAULTS,
  velocity: { ...TINY, maxHiddenLayers: 2 },
  batchSize: 32,
  steps: 50,
  learningRate: 1e-2,
};

const group = (...layers: number[]): PopulationGroup => {
  const arch = architecture(layers);
  const networks = Array.from({ length: 8 }, (_, seed) => initialise(arch, new Random(seed)));
  return { architecture: arch, networks };
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The losses of a whole run over two depths. */
async function train(engine: Engine, geometry: FlowGeometry): Promise<readonly number[]> {
  const runDir = await mkdtemp(join(tmpdir(), 'weightspring-'));
  try {
    const losses: number[] = [];
    await trainFlow(
      [group(3, 4, 2), group(3, 5, 4, 2)],
      { ...CONFIG, geometry },
      { engine, runDir, onStep: ({ loss }) => losses.push(loss) },
    );
    return losses;
  } finally {
    await rm(runDir, { recursive: true });
  }
}

it.each(['euclidean', 'geometric'] as const)(
  'trains a %s flow alike on both engines: 50 losses within 1e-3',
  async (geometry) => {
    const ort = await train(new OrtEngine({ threads: 1 }), geometry);
    const tfjs = await train(await openTfjs(), geometry);
    expect(ort).toHaveLength(CONFIG.steps);
    expect(mean(ort.slice(-10))).toBeLessThan(mean(ort.slice(0, 10)));
    for (const [step, loss] of ort.entries()) {
      expect(Math.abs(loss / tfjs[step]! - 1), `step ${step}`).toBeLessThan(1e-3);
    }
  },
);

it.each([
  { hidden: 1, slots: 0, segments: 1 },
  { hidden: 2, slots: 6, segments: 1 },
  { hidden: 3, slots: 0, segments: 3 },
])(
  'gives the gradients of a flow alike: $hidden hidden layers, $slots slots, $segments segments (1e-4)',
  async ({ hidden, slots, segments }) => {
    const sizes: Readonly<Record<string, number>> = { batch: 3, h1: 5, h2: 4, h3: 6 };
    const config = { ...TINY, slots };
    const parameters = randomFlowParameters(config);
    const values = parameters.map(({ data }) => data);
    const network = new NeuronTransformer(config);
    const flow = flowProgram({
      model: {
        network,
        layout: familyLayout(network.served.families[hidden - 1]!, false),
        prediction: 'endpoint',
        geometry: 'euclidean',
      },
      loss: 'chord',
      parameters,
    });
    const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
    const data = flow.inputs.map(({ name, shape }) => {
      const concrete = shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim]!));
      const random = new Random(2, name);
      const count = elements(concrete);
      return {
        shape: concrete,
        data:
          name === 't' ? random.normals(count).map(() => random.uniform()) : random.normals(count),
      };
    });
    const [ort, tfjs] = await Promise.all(
      [new OrtEngine({ threads: 1, segments }), await openTfjs()].map(async (engine) =>
        (await engine.compile(flow)).evaluate(values, data),
      ),
    );
    expect(deviation([ort!.loss], [tfjs!.loss])).toBeLessThan(1e-5);
    for (const [index, { name }] of parameters.entries()) {
      expect(deviation(ort!.gradients[index]!, tfjs!.gradients[index]!), name).toBeLessThan(1e-4);
    }
  },
);
