import { architecture } from '../../network/architecture.js';
import { networkOf } from '../../network/network.js';
import type { Coordinates } from '../../flow/coordinates.js';
import type { Prediction } from '../../flow/prediction.js';
import { DETERMINISTIC } from '../../flow/stochasticity.js';
import type { PopulationGroup } from '../../flow/tensor-scales.js';
import { Random } from '../../random.js';
import { writeFlow } from '../../flows/flow-store.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../training/flow-training-config.js';
import { NEURON_TRANSFORMER_DEFAULTS } from '../../velocity/neuron-transformer.js';
import type { ExperimentRun } from '../experiment-run.js';
import { trainInRun } from '../train-in-run.js';
import type { GaussianBudget } from './budget.js';

/** The architecture of the toy problem, with 802 weights. */
export const GAUSSIAN_ARCHITECTURE = architecture([30, 16, 16, 2]);
/** Mean of every coordinate of the target; the noise has mean 0, and both have variance 1. */
export const TARGET_MEAN = 1;
/** Folder of the trained flows in a run. */
export const FLOWS_FOLDER = 'flows';

export interface GaussianTraining {
  readonly loss: number;
  readonly durationSeconds: number;
}

export const gaussianFlowName = (prediction: Prediction): string => `gaussian-${prediction}`;

/** Trains the flow from N(0, 1) to N(1, 1) with one kind of prediction, and stores it. */
export async function trainGaussian(
  run: ExperimentRun,
  prediction: Prediction,
  budget: GaussianBudget,
  seed: number,
): Promise<GaussianTraining> {
  const name = gaussianFlowName(prediction);
  const config = gaussianConfig(prediction, budget, seed);
  const { trained, engine, loss, durationSeconds } = await trainInRun(
    run,
    name,
    targetPoints(budget.points, seed),
    config,
    { coordinates: UNIT_COORDINATES },
  );
  const arch = GAUSSIAN_ARCHITECTURE;
  const { inputs, outputs } = networkOf(arch);
  const numbered = (word: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${word} ${index}`);
  await writeFlow(
    run.path(FLOWS_FOLDER, name),
    {
      name,
      description: 'From N(0, 1) to N(1, 1) in every coordinate of a network',
      task: 'gaussian',
      geometry: config.geometry,
      velocity: config.velocity,
      prediction,
      scales: Object.fromEntries(
        Object.entries(UNIT_COORDINATES.scales).map(([key, laws]) => [key, [...laws]]),
      ),
      logScales: {},
      solver: 'euler',
      timeGrid: 'uniform',
      stochasticity: DETERMINISTIC,
      steps: { default: Math.max(...budget.steps), max: Math.max(...budget.steps) },
      bounds: {
        hiddenLayers: { min: 2, max: 2 },
        width: { min: 16, max: 16 },
        totalWeights: { max: networkOf(arch).parameters },
      },
      activations: [arch.activation],
      featureNames: numbered('input', inputs),
      classNames: numbered('output', outputs),
      standardisation: {
        mean: Array.from({ length: inputs }, () => 0),
        scale: Array.from({ length: inputs }, () => 1),
      },
      architectures: [],
      training: { config, engine, durationSeconds },
    },
    new Map(
      trained.specs.map(({ name: parameter, shape }, index) => [
        parameter,
        { shape, data: trained.parameters[index] as Float32Array },
      ]),
    ),
  );
  return { loss, durationSeconds };
}

/** Coordinates are the weights themselves: the target is the Gaussian, without standardisation. */
export const UNIT_COORDINATES: Coordinates = {
  geometry: 'euclidean',
  scales: {
    [networkOf(GAUSSIAN_ARCHITECTURE).family.key]: networkOf(GAUSSIAN_ARCHITECTURE).slots.map(
      () => ({ intercept: 0, fanIn: 0, fanOut: 0 }),
    ),
  },
  logScales: {},
};

function targetPoints(count: number, seed: number): PopulationGroup {
  const random = new Random(seed, 'gaussian target');
  const dimension = networkOf(GAUSSIAN_ARCHITECTURE).parameters;
  return {
    architecture: GAUSSIAN_ARCHITECTURE,
    networks: Array.from({ length: count }, () =>
      random.normals(dimension).map((value) => value + TARGET_MEAN),
    ),
  };
}

function gaussianConfig(
  prediction: Prediction,
  { updates, batch, width, blocks }: GaussianBudget,
  seed: number,
): FlowTrainingConfig {
  const { inputs, outputs, groups } = networkOf(GAUSSIAN_ARCHITECTURE);
  return {
    ...FLOW_TRAINING_DEFAULTS,
    prediction,
    coupling: 'independent',
    velocity: {
      ...NEURON_TRANSFORMER_DEFAULTS,
      inputs,
      outputs,
      maxHiddenLayers: groups.length,
      width,
      blocks,
    },
    batchSize: batch,
    steps: updates,
    seed,
  };
}
