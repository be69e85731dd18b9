import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import { WeightspringError } from '../errors.js';
import { buildReference } from '../evaluation/build-reference.js';
import { checkSameData } from '../evaluation/check-same-data.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { claimFolder } from '../files/claim-folder.js';
import { checkWritableFolder } from '../files/write-target.js';
import { COUPLINGS, type CouplingKind } from '../flow/couplings/registry.js';
import { FLOW_GEOMETRIES, type FlowGeometry } from '../flow/geometry.js';
import { FLOW_LOSSES, type FlowLoss } from '../flow/objective.js';
import { PREDICTIONS, type Prediction } from '../flow/prediction.js';
import { SOLVERS, type Solver } from '../flow/solvers/solver.js';
import { TIME_GRIDS, type TimeGrid } from '../flow/solvers/time-grid.js';
import type { Stochasticity } from '../flow/stochasticity.js';
import { TIME_DISTRIBUTIONS, type TimeDistribution } from '../flow/time-distribution.js';
import { lineChart } from '../plots/index.js';
import { checkNewFlow } from '../flows/check-new-flow.js';
import { FLOW_NAME_RULE } from '../flows/flow-name.js';
import { FLOW_FILES, STORAGE_TYPES, type StorageType } from '../flows/flow-store.js';
import { storeTrainedFlow } from '../flows/store-trained-flow.js';
import {
  FLOW_TRAINING_DEFAULTS,
  trainFlow,
  type FlowTrainingConfig,
  type TrainedFlow,
} from '../training/train-flow.js';
import { readTrainingLog, TrainingLog } from '../training/training-log.js';
import { chooseVelocityConfig } from '../velocity/choose-velocity-config.js';
import {
  DEFAULT_VELOCITY_KIND,
  VELOCITY_KINDS,
  type VelocityChoices,
  type VelocityKind,
} from '../velocity/registry.js';
import { loadTask, type PreparedTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';
import { readZoo } from '../zoo/zoo-file.js';
import { deviceOption } from './device.js';
import { engineOption, openEngine, recomputeOption, type EngineName } from './engine.js';
import { lockRun } from './lock-run.js';
import {
  dataDirOption,
  integerParser,
  parseFlowName,
  parsePath,
  jsonOption,
  parsePositive,
  parseStochasticity,
  seedParser,
} from './options.js';
import { printResult, say } from './output.js';
import { chosenVelocity, velocityOptions } from './velocity-options.js';
import { withProgress } from './progress.js';
import { interruptSignal } from './signals.js';
import { quickFlags, TRAIN_DEFAULTS, withTrainDefaults } from './train-defaults.js';

/** As they were given. */
interface GivenFlags extends VelocityChoices {
  readonly zoo: string;
  readonly name: string;
  readonly out: string;
  readonly runDir: string;
  readonly description?: string;
  readonly velocity: VelocityKind;
  readonly geometry: FlowGeometry;
  readonly prediction: Prediction;
  readonly loss: FlowLoss;
  readonly coupling: CouplingKind;
  readonly times: TimeDistribution;
  readonly schedule: 'one-cycle' | 'cosine' | 'constant';
  readonly quick?: true;
  readonly batch?: number;
  readonly steps?: number;
  readonly learningRate?: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  readonly samplingSteps?: number;
  readonly samplingSolver: Solver;
  readonly samplingTimeGrid: TimeGrid;
  readonly samplingStochasticity?: Stochasticity;
  readonly storage: StorageType;
  readonly engine: EngineName;
  readonly recomputeSegments: number;
  readonly device: DeviceChoice;
  readonly dataDir?: string;
  readonly json?: true;
}

type TrainFlags = GivenFlags & Record<keyof typeof TRAIN_DEFAULTS, number>;

/** Points of the smoothed loss curve. */
const CURVE_POINTS = 400;

/** `weightspring train`. */
export function addTrainCommand(program: Command): void {
  const defaults = FLOW_TRAINING_DEFAULTS;
  const size = integerParser(1, 65_536);
  const command = program
    .command('train')
    .description('train a flow on a zoo; the same command continues a run that was stopped')
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
      `peak (default: ${TRAIN_DEFAULTS.learningRate})`,
      parsePositive,
    )
    .option(
      '--quick',
      `for small networks and a minute's time: ${quickFlags()} unless said otherwise`,
    )
    .option('--seed <integer>', 'of parameters and batches', seedParser, defaults.seed)
    .option('--checkpoint-every <integer>', 'updates between checkpoints', size, 250)
    .option(
      '--sampling-steps <integer>',
      `steps of a request that names none (default: ${TRAIN_DEFAULTS.samplingSteps})`,
      integerParser(1, 256),
    )
    .addOption(choice('--sampling-solver <name>', SOLVERS, 'euler'))
    .addOption(choice('--sampling-time-grid <name>', TIME_GRIDS, 'uniform'))
    .option(
      '--sampling-stochasticity <strength[:from:to]>',
      'noise of a request that names none; default: none',
      parseStochasticity,
    )
    .addOption(choice('--storage <type>', STORAGE_TYPES, 'float32'))
    .addOption(engineOption())
    .addOption(recomputeOption())
    .addOption(deviceOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(trainCommand);
}

function choice(flags: string, choices: readonly string[], initial: string): Option {
  return new Option(flags).choices(choices).default(initial);
}

async function trainCommand(given: GivenFlags): Promise<void> {
  const flags: TrainFlags = withTrainDefaults(given);
  const signal = interruptSignal(() => {
    say('stopping after this step; the same command continues');
  });
  await checkWritableFolder(flags.out);
  const zoo = await readZoo(flags.zoo);
  const config = trainingConfig(flags, zoo);
  const { velocity, geometry } = config;
  checkNewFlow({
    name: flags.name,
    folder: flags.out,
    description: descriptionOf(flags, zoo),
    velocity,
    geometry,
  });
  const lock = await lockRun(flags.runDir);
  try {
    await claimFolder(flags.runDir, {
      config,
      data: zoo.header.data.sha256,
      zooSeed: zoo.header.seed,
    });
    const task = await zooTask(zoo, flags.dataDir);
    const { trained, engine } = await trainOn(zoo, config, flags, signal);
    await storeFlow(flags, { zoo, task, config, trained, engine, signal });
  } finally {
    lock.release();
  }
}

/** The data set of a zoo. Read first: nobody should train for hours to learn that it is missing. */
async function zooTask({ header }: Zoo, dataDir: string | undefined): Promise<PreparedTask> {
  const task = await loadTask(header.task, {
    split: header.split,
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  checkSameData({ sha256: header.data.sha256, split: header.split }, task);
  return task;
}

/** Trains, or goes on training. @throws WeightspringError `cancelled` when it was stopped */
async function trainOn(
  zoo: Zoo,
  config: FlowTrainingConfig,
  flags: TrainFlags,
  signal: AbortSignal,
): Promise<{ readonly trained: TrainedFlow; readonly engine: string }> {
  const engine = await openEngine(flags.engine, flags.device, flags.recomputeSegments);
  const log = await TrainingLog.open(flags.runDir);
  const population = zoo.architectures.map((architecture, index) => ({
    architecture,
    networks: zoo.networksOf(index).map(({ weights }) => weights),
  }));
  let trained: TrainedFlow;
  try {
    trained = await withProgress('train', (report) =>
      trainFlow(population, config, {
        engine,
        runDir: flags.runDir,
        checkpointEvery: flags.checkpointEvery,
        signal,
        onStep: (record) => {
          log.write(record);
          report(record.step, config.steps, `loss ${record.loss.toFixed(4)}`);
        },
      }),
    );
  } finally {
    await log.close();
  }
  if (trained.step < config.steps) {
    throw new WeightspringError(
      'cancelled',
      `stopped at step ${trained.step} of ${config.steps}; the same command continues`,
    );
  }
  return { trained, engine: engine.name };
}

function trainingConfig(flags: TrainFlags, zoo: Zoo): FlowTrainingConfig {
  return {
    ...FLOW_TRAINING_DEFAULTS,
    velocity: chooseVelocityConfig(flags.velocity, zoo.architectures, chosenVelocity(flags)),
    geometry: flags.geometry,
    prediction: flags.prediction,
    loss: flags.loss,
    coupling: flags.coupling,
    times: flags.times,
    schedule: { kind: flags.schedule },
    batchSize: flags.batch,
    steps: flags.steps,
    learningRate: flags.learningRate,
    seed: flags.seed,
  };
}

function descriptionOf({ description }: TrainFlags, { header, architectures }: Zoo): string {
  return description ?? `Classifiers for '${header.task}' of ${architectures.length} architectures`;
}

interface FinishedRun {
  readonly zoo: Zoo;
  readonly task: PreparedTask;
  readonly config: FlowTrainingConfig;
  readonly trained: TrainedFlow;
  readonly engine: string;
  readonly signal: AbortSignal;
}

/** Writes the folder of the flow, once all that goes into it is there. */
async function storeFlow(
  flags: TrainFlags,
  { zoo, task, config, trained, engine, signal }: FinishedRun,
): Promise<void> {
  const reference = await withProgress('measure the zoo', (onProgress) =>
    buildReference(zoo, task, { signal, onProgress }),
  );
  const records = await readTrainingLog(flags.runDir);
  await writeFileAtomic(join(flags.out, FLOW_FILES.reference), `${JSON.stringify(reference)}\n`);
  const stored = await storeTrainedFlow(flags.out, {
    name: flags.name,
    description: descriptionOf(flags, zoo),
    zoo,
    config,
    trained,
    engine,
    sampling: {
      steps: flags.samplingSteps,
      solver: flags.samplingSolver,
      timeGrid: flags.samplingTimeGrid,
      stochasticity: flags.samplingStochasticity,
    },
    storage: flags.storage,
    durationSeconds: Math.round(
      records.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000,
    ),
  });
  await writeFileAtomic(join(flags.out, 'loss.svg'), lossCurve(records, flags.name));
  say(`wrote ${flags.out}`);
  printResult(
    { flow: stored.name, sha256: stored.sha256, steps: config.steps, out: flags.out },
    flags.json === true,
    () => `${stored.name} ${stored.sha256}`,
  );
}

/** The loss, averaged over equal stretches of the run, for each depth. */
function lossCurve(records: Awaited<ReturnType<typeof readTrainingLog>>, name: string): string {
  const stretch = Math.max(1, Math.ceil(records.length / CURVE_POINTS));
  const depths = [...new Set(records.map(({ hidden }) => hidden))].sort((a, b) => a - b);
  return lineChart({
    title: `Flow-matching loss of ${name}`,
    xLabel: 'update',
    yLabel: 'loss',
    logY: true,
    series: depths.map((hidden) => {
      const own = records.filter((record) => record.hidden === hidden);
      const points: [number, number][] = [];
      for (let start = 0; start < own.length; start += stretch) {
        const part = own.slice(start, start + stretch);
        points.push([
          part[part.length - 1]?.step ?? 0,
          part.reduce((sum, { loss }) => sum + loss, 0) / part.length,
        ]);
      }
      return { name: `${hidden} hidden`, points };
    }),
  });
}
