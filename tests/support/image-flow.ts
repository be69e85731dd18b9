import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInDataset } from '../../src/data/built-in-dataset.js';
import { sharedPatches, type ImagePatches } from '../../src/flow/image-patches.js';
import type { FlowGeometry } from '../../src/flow/geometry.js';
import { storeTrainedFlow } from '../../src/flows/store-trained-flow.js';
import { graphArchitecture, type Architecture } from '../../src/network/architecture.js';
import { Random } from '../../src/random.js';
import { fitPatchSpectrum, inputMetricOf } from '../../src/training/fit-input-metric.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../src/training/flow-training-config.js';
import { OrtEngine } from '../../src/training/ort-engine.js';
import { trainFlow } from '../../src/training/train-flow.js';
import { chooseVelocityConfig } from '../../src/velocity/choose-velocity-config.js';
import type { BaseTraining } from '../../src/zoo/base-trainer.js';
import { partData, prepareTask, type PreparedTask } from '../../src/zoo/prepared-task.js';
import { trainZooOn } from '../../src/zoo/train-zoo.js';
import type { Zoo } from '../../src/zoo/zoo.js';

/** Side of the images. */
const SIDE = 6;
const RUNS = 4;

/** Images of noise with a bright row or a bright column. */
function bars(count = 400): PreparedTask {
  const random = new Random(5, 'bars');
  const features = new Float32Array(count * SIDE * SIDE);
  const labels = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    const [label, line] = [n % 2, random.integer(SIDE)];
    for (let i = 0; i < SIDE; i++) {
      for (let j = 0; j < SIDE; j++) {
        const isLit = (label === 0 ? i : j) === line;
        features[(n * SIDE + i) * SIDE + j] = (isLit ? 2 : 0) + 0.3 * random.normal();
      }
    }
    labels[n] = label;
  }
  return prepareTask(
    builtInDataset({
      task: 'bars',
      features,
      labels,
      featureNames: Array.from({ length: SIDE * SIDE }, (_, pixel) => `pixel ${pixel}`),
      classNames: ['row', 'column'],
      sharedUnit: true,
      testStart: null,
    }),
  );
}

/** A convolution, a residual block around another, pooling and two dense layers. */
export function barsNetwork(channels: number, units: number): Architecture {
  return graphArchitecture({
    input: [1, SIDE, SIDE],
    nodes: [
      { op: 'conv2d', channels, kernel: 3 },
      { op: 'activation', function: 'relu', id: 'stem' },
      { op: 'conv2d', channels, kernel: 3, padding: 1, id: 'block' },
      { op: 'add', inputs: ['block', 'stem'] },
      { op: 'activation', function: 'relu' },
      { op: 'max-pool', size: 2 },
      { op: 'flatten' },
      { op: 'dense', units },
      { op: 'activation', function: 'relu' },
      { op: 'dense', units: 2 },
    ],
  });
}

const TRAINING: BaseTraining = {
  optimizer: { kind: 'adam' },
  learningRate: 0.02,
  schedule: { kind: 'cosine' },
  epochs: 12,
  batchSize: 20,
  snapshots: { ignoreEpochs: 8, perRun: 2 },
};

/** A flow over convolutional networks in a directory of flows, with what it was trained on. */
export interface ImageFlow {
  readonly modelsDir: string;
  readonly name: string;
  readonly zoo: Zoo;
  readonly task: PreparedTask;
  remove(): Promise<void>;
}

/** Trains a zoo of small convolutional networks and, for a few updates, a flow on it. */
export async function trainImageFlow(geometry: FlowGeometry = 'geometric'): Promise<ImageFlow> {
  const modelsDir = await mkdtemp(join(tmpdir(), 'weightspring-images-'));
  const remove = (): Promise<void> => rm(modelsDir, { recursive: true, force: true });
  const task = bars();
  const engine = new OrtEngine({ threads: 1 });
  const architectures = [barsNetwork(3, 4), barsNetwork(2, 5)];
  const zoo = await trainZooOn(
    task,
    {
      architectures: architectures.map((architecture) => ({ architecture, runs: RUNS })),
      training: TRAINING,
      seed: 1,
    },
    { engine },
  );
  const rows = partData(task, 'train').features;
  const patches = sharedPatches(architectures) as ImagePatches;
  const spectrum = await fitPatchSpectrum(rows, patches);
  const inputMetric = inputMetricOf(spectrum, spectrum.rank);
  const config: FlowTrainingConfig = {
    ...FLOW_TRAINING_DEFAULTS,
    velocity: chooseVelocityConfig(
      'neuron-transformer',
      architectures.map((arch) => inputMetric.reducedArchitecture(arch)),
      { width: 16, blocks: 1, heads: 2, edgeWidth: 4 },
    ),
    geometry,
    skip: geometry === 'geometric' ? 'inner' : 'biases',
    prior: 'matched',
    inputMetric: inputMetric.rank,
    behaviour: { weight: 0.5, rows: 4 },
    batchSize: 8,
    steps: 10,
    learningRate: 3e-3,
  };
  const population = architectures.map((architecture, index) => ({
    architecture,
    networks: zoo.networksOf(index).map(({ weights }) => weights),
  }));
  const trained = await trainFlow(population, config, {
    engine,
    runDir: join(modelsDir, '.run'),
    inputMetric,
    rows,
  });
  const name = 'bars';
  await storeTrainedFlow(join(modelsDir, name), {
    name,
    description: 'Hardly trained, for tests',
    zoo,
    config,
    trained,
    engine: engine.name,
    durationSeconds: 1,
    sampling: { steps: 2 },
  });
  return { modelsDir, name, zoo, task, remove };
}
