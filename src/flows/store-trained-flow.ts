import { architectureIn } from '../network/architecture.js';
import type { Family } from '../network/family.js';
import { networkOf } from '../network/network.js';
import { elementsOf } from '../network/slots.js';
import { dimValue } from '../onnx/dim-value.js';
import type { InputMetric } from '../flow/input-metric.js';
import { DETERMINISTIC } from '../flow/stochasticity.js';
import type { TrainedFlow } from '../training/flow-run.js';
import type { FlowTrainingConfig } from '../training/flow-training-config.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import type { HeldOutNumbers } from '../zoo/held-out-runs.js';
import type { Zoo } from '../zoo/zoo.js';
import type { FlowConfig } from './flow-config.js';
import { heldOutRecord } from './held-out-record.js';
import { keepRuns } from './kept-runs.js';
import { writeFlow, type StorageType } from './flow-store.js';
import { completeSampling, type ChosenSampling } from './sampling-options.js';

/** A trained flow and its description. */
export interface FinishedTraining {
  readonly name: string;
  /** One sentence for the list of flows. */
  readonly description: string;
  readonly zoo: Zoo;
  readonly config: FlowTrainingConfig;
  readonly trained: TrainedFlow;
  /** Name of the engine that trained it. */
  readonly engine: string;
  readonly durationSeconds: number;
  /** Runs of the zoo that it did not learn from. Default: none. */
  readonly heldOutRuns?: readonly HeldOutNumbers[] | undefined;
  /** Default sampling of requests. Default {@link SAMPLING_DEFAULTS}. */
  readonly sampling?: ChosenSampling;
  /** Storage type of the parameters. Default `float32`. */
  readonly storage?: StorageType;
  /** Widest hidden layer that can be drawn, if that is more than follows from the zoo. */
  readonly maxWidth?: number;
}

/**
 * How far the drawable widths extend beyond those of the zoo, as factors. They are marked as
 * extrapolated, and restricted by the measurements of the flow's card.
 */
const WIDTH_MARGIN = { below: 0.5, above: 1.25 };
/** Default sampling of a new flow; decision 0005 explains the few steps. */
const SAMPLING_DEFAULTS = {
  solver: 'euler',
  timeGrid: 'uniform',
  stochasticity: DETERMINISTIC,
  steps: { default: 8 },
} as const;
const MAX_SAMPLING_STEPS = 256;

/**
 * Writes a trained flow as a folder that a sampler serves: `flow.onnx` and `config.json`, whose
 * bounds follow from the zoo, and the finals of the zoo that it keeps to measure novelty by.
 */
export async function storeTrainedFlow(
  folder: string,
  finished: FinishedTraining,
): Promise<FlowConfig> {
  const { name, description, zoo, config, trained, engine, durationSeconds } = finished;
  const { header, architectures } = zoo;
  const { coordinates, specs, parameters } = trained;
  const { steps, ...sampling } = completeSampling(SAMPLING_DEFAULTS, finished.sampling ?? {});
  return writeFlow(
    folder,
    {
      name,
      description,
      task: header.task,
      ...(header.data.descriptor === undefined ? {} : { data: header.data.descriptor }),
      geometry: config.geometry,
      velocity: config.velocity,
      prediction: config.prediction,
      ...recipeOf(config, zoo, coordinates.inputMetric),
      scales: Object.fromEntries(
        Object.entries(coordinates.scales).map(([key, laws]) => [key, [...laws]]),
      ),
      logScales: { ...coordinates.logScales },
      ...sampling,
      steps: { default: steps, max: MAX_SAMPLING_STEPS },
      bounds: servedBounds(zoo, config, finished.maxWidth),
      activations: [...new Set(architectures.flatMap((arch) => networkOf(arch).activations))],
      featureNames: [...header.data.featureNames],
      classNames: [...header.data.classNames],
      standardisation: {
        mean: Array.from(header.standardisation.mean),
        scale: Array.from(header.standardisation.scale),
      },
      architectures: architectures.map((arch, index) => {
        const finals = zoo.finalsOf(index);
        return {
          ...architectureIn(arch),
          runs: finals.length,
          accuracy: finals.reduce((sum, { test }) => sum + test.accuracy, 0) / finals.length,
        };
      }),
      training: {
        config,
        engine,
        durationSeconds,
        ...heldOutRecord(trained, config, finished.heldOutRuns),
        zoo: {
          version: header.version,
          ...(header.isImported === true ? { imported: true } : { seed: header.seed }),
          split: header.split,
          dataSha256: header.data.sha256,
          ...(header.isImported === true ? {} : { training: header.training }),
          engine: header.engine,
          networks: zoo.networks.length,
        },
      },
    },
    new Map(
      specs.map(({ name: parameter, shape }, index) => [
        parameter,
        { shape, data: parameters[index] as Float32Array },
      ]),
    ),
    {
      storage: finished.storage ?? 'float32',
      novelty: await keepRuns(zoo, coordinates),
      coordinates: { inputMetric: coordinates.inputMetric, deviations: coordinates.deviations },
    },
  );
}

/** Fields that the first flows do not have. */
function recipeOf(
  { skip = 'all', prior = 'uniform', distil }: FlowTrainingConfig,
  zoo: Zoo,
  metric: InputMetric | undefined,
): Pick<FlowConfig, 'skip' | 'flowMap' | 'prior' | 'inputMetric'> {
  return {
    ...(skip === 'all' ? {} : { skip }),
    ...(distil === undefined ? {} : { flowMap: true }),
    ...(prior === 'uniform' ? {} : { prior }),
    ...(metric === undefined
      ? {}
      : {
          inputMetric: {
            features: metric.features,
            rank: metric.rank,
            ...(metric.patches === undefined ? {} : { patches: metric.patches }),
            largestResidual: largestResidual(zoo, metric),
          },
        }),
  };
}

function largestResidual({ architectures, networks }: Zoo, metric: InputMetric): number {
  return networks.reduce((largest, { weights, architecture }) => {
    const arch = architectures[architecture];
    return arch === undefined ? largest : Math.max(largest, metric.residual(weights, arch));
  }, 0);
}

function servedBounds(
  { architectures }: Zoo,
  { velocity }: FlowTrainingConfig,
  maxWidth = 0,
): FlowConfig['bounds'] {
  const networks = architectures.map(networkOf);
  const widths = networks.flatMap(({ groups }) => groups.map(({ size }) => size));
  const depths = networks.map(({ groups }) => groups.length);
  const { served } = createVelocityNetwork(velocity);
  const width = {
    min: Math.max(served.widths.min, Math.floor(Math.min(...widths) * WIDTH_MARGIN.below)),
    max: Math.min(
      served.widths.max,
      Math.max(maxWidth, Math.ceil(Math.max(...widths) * WIDTH_MARGIN.above)),
    ),
  };
  return {
    hiddenLayers: { min: Math.min(...depths), max: Math.max(...depths) },
    width,
    totalWeights: {
      max: Math.max(...networks.map(({ family }) => weightsAt(family, width.max))),
    },
  };
}

/** Weights and biases of a family's network with so many neurons in every hidden set. */
function weightsAt({ neurons, tensors }: Family, width: number): number {
  const hidden = neurons.filter(({ isFixed }) => !isFixed);
  const sizes = Object.fromEntries(hidden.map(({ name }) => [name, width]));
  return tensors.reduce((sum, tensor) => sum + dimValue(elementsOf(tensor), sizes), 0);
}
