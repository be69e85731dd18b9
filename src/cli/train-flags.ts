import { Option, type Command } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import { COUPLINGS, type CouplingKind } from '../flow/couplings/registry.js';
import { FLOW_GEOMETRIES, type FlowGeometry } from '../flow/geometry.js';
import { LOSS_MEANS, type LossMean } from '../flow/losses/average.js';
import { FLOW_LOSSES, type FlowLoss } from '../flow/losses/registry.js';
import { PRIORS, type PriorKind } from '../flow/matched-prior.js';
import { PREDICTIONS, SKIPS, type Prediction, type Skip } from '../flow/prediction.js';
import { SOLVERS, type Solver } from '../flow/solvers/solver.js';
import { TIME_GRIDS, type TimeGrid } from '../flow/solvers/time-grid.js';
import type { Stochasticity } from '../flow/stochasticity.js';
import { TIME_DISTRIBUTIONS, type TimeDistribution } from '../flow/time-distribution.js';
import { FLOW_NAME_RULE } from '../flows/flow-name.js';
import { STORAGE_TYPES, type StorageType } from '../flows/flow-store.js';
import { FLOW_TRAINING_DEFAULTS, MANY_FEATURES } from '../training/flow-training-config.js';
import {
  DEFAULT_VELOCITY_KIND,
  VELOCITY_KINDS,
  type VelocityChoices,
  type VelocityKind,
} from '../velocity/registry.js';
import { BEHAVIOUR_DEFAULTS, TAUGHT_BEHAVIOUR } from './behaviour-options.js';
import { batchThreadsOption } from './batch-threads.js';
import type { DataFiles } from '../evaluation/known-task.js';
import { addDataOptions } from './data-options.js';
import { deviceOption } from './device.js';
import { engineOption, recomputeOption, threadsOption, type EngineName } from './engine.js';
import {
  integerParser,
  jsonOption,
  parseFlowName,
  parseFraction,
  parseNonNegative,
  parsePath,
  parsePositive,
  parseStochasticity,
  seedParser,
} from './options.js';
import { parseInputMetric, type InputMetricChoice } from './input-metric.js';
import {
  IMAGE_DEFAULTS,
  quickFlags,
  reducedDefaults,
  TRAIN_DEFAULTS,
  type DefaultedFlags,
} from './train-defaults.js';
import { velocityOptions } from './velocity-options.js';

/** The options of `train` as they were given. */
export interface GivenFlags extends VelocityChoices, DataFiles {
  readonly zoo: string;
  readonly name: string;
  readonly out: string;
  readonly runDir: string;
  readonly description?: string;
  readonly velocity: VelocityKind;
  readonly geometry: FlowGeometry;
  readonly prediction: Prediction;
  readonly loss: FlowLoss;
  readonly lossMean?: LossMean;
  readonly skip?: Skip;
  readonly prior?: PriorKind;
  readonly inputMetric?: InputMetricChoice;
  /** β, 0 for no behaviour loss. */
  readonly behaviour?: number;
  readonly behaviourRows?: number;
  /** Folder of the flow that a flow map is distilled from. */
  readonly distil?: string;
  readonly distilSteps: number;
  readonly coupling: CouplingKind;
  readonly times: TimeDistribution;
  readonly schedule: 'one-cycle' | 'cosine' | 'constant';
  /** Of the runs of each architecture, 0 for none. */
  readonly heldOut: number;
  readonly patience: number;
  readonly quick?: true;
  readonly batch?: number;
  readonly steps?: number;
  readonly learningRate?: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  readonly samplingSteps?: number;
  readonly samplingSolver: Solver;
  readonly samplingTimeGrid?: TimeGrid;
  readonly samplingStochasticity?: Stochasticity;
  readonly storage: StorageType;
  readonly engine: EngineName;
  readonly recomputeSegments: number;
  readonly device: DeviceChoice;
  readonly threads?: number;
  readonly batchThreads?: number;
  readonly json?: true;
}

/** With the defaults of this run. */
export type TrainFlags = GivenFlags & DefaultedFlags;

/** Adds the options of `train`. */
export function addTrainOptions(command: Command): Command {
  const defaults = FLOW_TRAINING_DEFAULTS;
  const size = integerParser(1, 65_536);
  command
    .requiredOption('--zoo <file>', 'zoo file', parsePath)
    .requiredOption('--name <name>', `name of the flow: ${FLOW_NAME_RULE}`, parseFlowName)
    .requiredOption('--out <folder>', 'flow folder to write, named like the flow', parsePath)
    .requiredOption('--run-dir <folder>', 'checkpoints and log of the run', parsePath)
    .option('--description <text>', 'one sentence for the list of flows')
    .addOption(choice('--velocity <kind>', VELOCITY_KINDS, DEFAULT_VELOCITY_KIND));
  for (const option of velocityOptions()) command.addOption(option);
  command
    .addOption(choice('--geometry <kind>', FLOW_GEOMETRIES, defaults.geometry))
    .addOption(choice('--prediction <kind>', PREDICTIONS, defaults.prediction))
    .addOption(choice('--loss <kind>', FLOW_LOSSES, defaults.loss))
    .addOption(defaulted('--loss-mean <over>', LOSS_MEANS, 'lossMean'))
    .addOption(defaulted('--skip <tensors>', SKIPS, 'skip'))
    .addOption(defaulted('--prior <kind>', PRIORS, 'prior'))
    .option(
      '--input-metric <directions>',
      'input directions in which first-layer neurons are measured: their number, auto or none ' +
        `(default: ${defaultText('inputMetric')})`,
      parseInputMetric,
    )
    .option(
      '--behaviour <weight>',
      `of the behaviour loss, 0 for none (default: ${BEHAVIOUR_DEFAULTS.weight}, of ` +
        `${MANY_FEATURES} features or more, or images, ${reducedDefaults('geometric').behaviour}; with --distil ` +
        `the weight in the training of its flow, or ${TAUGHT_BEHAVIOUR.weight} if it had none)`,
      parseNonNegative,
    )
    .option(
      '--behaviour-rows <integer>',
      `rows of data in a batch for it (default: ${BEHAVIOUR_DEFAULTS.rows}, of images ` +
        `${IMAGE_DEFAULTS.behaviourRows}; with --distil as many as in the training of its flow)`,
      size,
    )
    .option(
      '--distil <folder>',
      'flow to make a flow map of, which takes long steps as it takes short ones; it decides ' +
        'velocity network, geometry, prediction, skip, prior and input metric',
      parsePath,
    )
    .option('--distil-steps <integer>', 'of its trajectories', integerParser(1, 256), 8)
    .addOption(choice('--coupling <kind>', COUPLINGS, defaults.coupling))
    .addOption(choice('--times <kind>', TIME_DISTRIBUTIONS, defaults.times))
    .addOption(choice('--schedule <kind>', ['one-cycle', 'cosine', 'constant'], 'one-cycle'))
    .option('--batch <integer>', `networks in a batch (default: ${TRAIN_DEFAULTS.batch})`, size)
    .option(
      '--steps <integer>',
      `updates (default: ${TRAIN_DEFAULTS.steps})`,
      integerParser(1, 1e9),
    )
    .option(
      '--learning-rate <number>',
      `peak (default: ${defaultText('learningRate')})`,
      parsePositive,
    )
    .option(
      '--quick',
      `for small networks and a minute's time: ${quickFlags()} unless said otherwise`,
    )
    .option('--seed <integer>', 'of parameters and batches', seedParser, defaults.seed)
    .option('--checkpoint-every <integer>', 'updates between checkpoints', size, 250)
    .option(
      '--held-out <fraction>',
      "of each architecture's runs that training leaves out; their loss is measured at every " +
        'checkpoint, and the flow is that of the checkpoint where it was least',
      parseFraction,
      0,
    )
    .option(
      '--patience <integer>',
      'with --held-out: checkpoints without a lower loss that end training',
      integerParser(1, 1e6),
      4,
    )
    .option(
      '--sampling-steps <integer>',
      `steps of a request that names none (default: ${defaultText('samplingSteps')})`,
      integerParser(1, 256),
    )
    .addOption(choice('--sampling-solver <name>', SOLVERS, 'euler'))
    .addOption(defaulted('--sampling-time-grid <name>', TIME_GRIDS, 'samplingTimeGrid'))
    .option(
      '--sampling-stochasticity <strength[:from:to]>',
      'noise of a request that names none; default: none',
      parseStochasticity,
    )
    .addOption(choice('--storage <type>', STORAGE_TYPES, 'float32'))
    .addOption(engineOption())
    .addOption(recomputeOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(batchThreadsOption())
    .addOption(jsonOption());
  return addDataOptions(command);
}

type ReducedFlag = keyof DefaultedFlags & keyof ReturnType<typeof reducedDefaults>;

/** The default of a flag that depends on the number of features and on the geometry. */
function defaultText(name: ReducedFlag): string {
  const byGeometry = FLOW_GEOMETRIES.map((geometry) => reducedDefaults(geometry)[name]);
  const words =
    new Set(byGeometry).size === 1
      ? String(byGeometry[0])
      : FLOW_GEOMETRIES.map((geometry, index) => `${geometry} ${byGeometry[index]}`).join(', ');
  return `${TRAIN_DEFAULTS[name]}; of ${MANY_FEATURES} features or more, or images, ${words}`;
}

/** A choice whose default depends on the zoo. */
function defaulted(flags: string, choices: readonly string[], name: ReducedFlag): Option {
  return new Option(flags, `(default: ${defaultText(name)})`).choices(choices);
}

function choice(flags: string, choices: readonly string[], initial: string): Option {
  return new Option(flags).choices(choices).default(initial);
}
