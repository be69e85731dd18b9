import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { hiddenWidths, parameterCount } from '../architecture/architecture.js';
import { ensure, WeightspringError } from '../errors.js';
import { buildReference } from '../evaluation/build-reference.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { COUPLINGS, type CouplingKind } from '../flow/coupling.js';
import { FLOW_GEOMETRIES, type FlowGeometry } from '../flow/geometry.js';
import { FLOW_LOSSES, type FlowLoss } from '../flow/objective.js';
import { PREDICTIONS, type Prediction } from '../flow/prediction.js';
import { DETERMINISTIC } from '../flow/stochasticity.js';
import { TIME_DISTRIBUTIONS, type TimeDistribution } from '../flow/time-distribution.js';
import { lineChart } from '../plots/index.js';
import { FLOW_FILES, writeFlow } from '../sampling/flow-store.js';
import {
  FLOW_TRAINING_DEFAULTS,
  trainFlow,
  type FlowTrainingConfig,
  type TrainedFlow,
} from '../training/train-flow.js';
import { readTrainingLog, TrainingLog } from '../training/training-log.js';
import { NEURON_TRANSFORMER_DEFAULTS } from '../velocity/neuron-transformer.js';
import { loadTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';
import { readZoo } from '../zoo/zoo-file.js';
import { engineOption, openEngine, type EngineName } from './engine.js';
import { integerParser, parsePositive, seedParser } from './options.js';
import { printResult, say } from './output.js';
import { createProgress, type Progress } from './progress.js';
import { interruptSignal } from './signals.js';

interface TrainFlags {
  readonly zoo: string;
  readonly name: string;
  readonly out: string;
  readonly runDir: string;
  readonly description?: string;
  readonly width: number;
  readonly blocks: number;
  readonly heads: number;
  readonly edgeWidth: number;
  readonly slots: number;
  readonly geometry: FlowGeometry;
  readonly prediction: Prediction;
  readonly loss: FlowLoss;
  readonly coupling: CouplingKind;
  readonly times: TimeDistribution;
  readonly schedule: 'one-cycle' | 'cosine' | 'constant';
  readonly batch: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  readonly engine: EngineName;
  readonly dataDir?: string;
  readonly json?: true;
}

const RUN_CONFIG_FILE = 'run.json';
/** Points of the smoothed loss curve. */
const CURVE_POINTS = 400;
/** Served widths reach this far beyond the zoo's own, as factors. */
const WIDTH_MARGIN = { below: 0.5, above: 1.25 };
/** Euler steps of a request that names none; decision 0005 says why so few. */
const DEFAULT_SAMPLING_STEPS = 8;
const MAX_SAMPLING_STEPS = 256;

/** `weightspring train`. */
export function addTrainCommand(program: Command): void {
  const defaults = FLOW_TRAINING_DEFAULTS;
  const network = NEURON_TRANSFORMER_DEFAULTS;
  const size = integerParser(1, 65_536);
  program
    .command('train')
    .description('train a flow on a zoo; the same command continues a run that was stopped')
    .requiredOption('--zoo <file>', 'zoo file')
    .requiredOption('--name <name>', 'name of the flow')
    .requiredOption('--out <folder>', 'flow folder to write')
    .requiredOption('--run-dir <folder>', 'checkpoints and log of the run')
    .option('--description <text>', 'one sentence for the list of flows')
    .option('--width <integer>', 'token width', size, network.width)
    .option('--blocks <integer>', 'transformer blocks', size, network.blocks)
    .option('--heads <integer>', 'attention heads', size, network.heads)
    .option(
      '--edge-width <integer>',
      'features of a hidden-to-hidden weight',
      size,
      network.edgeWidth,
    )
    .option(
      '--slots <integer>',
      'learned neuron embeddings; 0 for none',
      integerParser(0, 65_536),
      0,
    )
    .addOption(choice('--geometry <kind>', FLOW_GEOMETRIES, defaults.geometry))
    .addOption(choice('--prediction <kind>', PREDICTIONS, defaults.prediction))
    .addOption(choice('--loss <kind>', FLOW_LOSSES, defaults.loss))
    .addOption(choice('--coupling <kind>', COUPLINGS, defaults.coupling))
    .addOption(choice('--times <kind>', TIME_DISTRIBUTIONS, defaults.times))
    .addOption(choice('--schedule <kind>', ['one-cycle', 'cosine', 'constant'], 'one-cycle'))
    .option('--batch <integer>', 'networks in a batch', size, defaults.batchSize)
    .option('--steps <integer>', 'updates', integerParser(1, 1e9), defaults.steps)
    .option('--learning-rate <number>', 'peak', parsePositive, defaults.learningRate)
    .option('--seed <integer>', 'of parameters and batches', seedParser, defaults.seed)
    .option('--checkpoint-every <integer>', 'updates between checkpoints', size, 250)
    .addOption(engineOption())
    .option('--data-dir <folder>', 'where the data sets are')
    .option('--json', 'report as JSON')
    .action(trainCommand);
}

function choice(flags: string, choices: readonly string[], initial: string): Option {
  return new Option(flags).choices(choices).default(initial);
}

async function trainCommand(flags: TrainFlags): Promise<void> {
  const zoo = await readZoo(flags.zoo);
  const config = trainingConfig(flags, zoo);
  await claimRunDir(flags.runDir, {
    config,
    data: zoo.header.data.sha256,
    zooSeed: zoo.header.seed,
  });
  const engine = await openEngine(flags.engine);
  const log = await TrainingLog.open(flags.runDir);
  let progress: Progress | undefined;
  const signal = interruptSignal(() => {
    say('stopping after this step; the same command continues');
  });
  let trained: TrainedFlow;
  try {
    trained = await trainFlow(
      zoo.architectures.map((architecture, index) => ({
        architecture,
        networks: zoo.networksOf(index).map(({ weights }) => weights),
      })),
      config,
      {
        engine,
        runDir: flags.runDir,
        checkpointEvery: flags.checkpointEvery,
        signal,
        onStep: (record) => {
          log.write(record);
          // Made at the first step, which in a continued run is not step 1.
          progress ??= createProgress({
            label: 'train',
            total: config.steps,
            done: record.step - 1,
          });
          progress.update(record.step, `loss ${record.loss.toFixed(4)}`);
        },
      },
    );
  } finally {
    progress?.done();
    await log.close();
  }
  if (trained.step < config.steps) {
    throw new WeightspringError(
      'cancelled',
      `stopped at step ${trained.step} of ${config.steps}; the same command continues`,
    );
  }
  await storeFlow(flags, zoo, config, trained, engine.name);
}

function trainingConfig(flags: TrainFlags, zoo: Zoo): FlowTrainingConfig {
  const { featureNames, classNames } = zoo.header.data;
  return {
    ...FLOW_TRAINING_DEFAULTS,
    velocity: {
      ...NEURON_TRANSFORMER_DEFAULTS,
      inputs: featureNames.length,
      outputs: classNames.length,
      maxHiddenLayers: Math.max(...zoo.architectures.map((arch) => hiddenWidths(arch).length)),
      width: flags.width,
      blocks: flags.blocks,
      heads: flags.heads,
      edgeWidth: flags.edgeWidth,
      slots: flags.slots,
    },
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

/** A run directory belongs to one configuration: continuing it with another would mix two runs. */
async function claimRunDir(runDir: string, run: unknown): Promise<void> {
  const path = join(runDir, RUN_CONFIG_FILE);
  const text = `${JSON.stringify(run, null, 2)}\n`;
  const known = await readFile(path, 'utf8').catch(() => null);
  ensure(
    known === null || known === text,
    'invalid-argument',
    () => `${runDir} holds a run with other options or another zoo: choose another --run-dir`,
    '--run-dir',
  );
  await writeFileAtomic(path, text);
}

async function storeFlow(
  flags: TrainFlags,
  zoo: Zoo,
  config: FlowTrainingConfig,
  { specs, parameters, coordinates }: TrainedFlow,
  engine: string,
): Promise<void> {
  const { header, architectures } = zoo;
  const records = await readTrainingLog(flags.runDir);
  const widths = architectures.flatMap(hiddenWidths);
  const depths = architectures.map((arch) => hiddenWidths(arch).length);
  const width = {
    min: Math.max(1, Math.floor(Math.min(...widths) * WIDTH_MARGIN.below)),
    max: Math.min(
      Math.ceil(Math.max(...widths) * WIDTH_MARGIN.above),
      config.velocity.slots === 0 ? Infinity : config.velocity.slots,
    ),
  };
  const hiddenLayers = { min: Math.min(...depths), max: Math.max(...depths) };
  const widest = Array.from({ length: hiddenLayers.max }, () => width.max);
  const stored = await writeFlow(
    flags.out,
    {
      name: flags.name,
      description:
        flags.description ??
        `Classifiers for '${header.task}' of ${architectures.length} architectures`,
      task: header.task,
      geometry: config.geometry,
      velocity: config.velocity,
      prediction: config.prediction,
      scales: Object.fromEntries(
        Object.entries(coordinates.scales).map(([key, laws]) => [key, [...laws]]),
      ),
      logScales: { ...coordinates.logScales },
      solver: 'euler',
      timeGrid: 'uniform',
      stochasticity: DETERMINISTIC,
      steps: { default: DEFAULT_SAMPLING_STEPS, max: MAX_SAMPLING_STEPS },
      bounds: {
        hiddenLayers,
        width,
        totalWeights: {
          max: parameterCount({
            layers: [config.velocity.inputs, ...widest, config.velocity.outputs],
          }),
        },
      },
      activations: [...new Set(architectures.map(({ activation }) => activation))],
      featureNames: [...header.data.featureNames],
      classNames: [...header.data.classNames],
      standardisation: {
        mean: Array.from(header.standardisation.mean),
        scale: Array.from(header.standardisation.scale),
      },
      architectures: architectures.map((arch, index) => {
        const finals = zoo.finalsOf(index);
        return {
          layers: [...arch.layers],
          activation: arch.activation,
          runs: finals.length,
          accuracy: finals.reduce((sum, { test }) => sum + test.accuracy, 0) / finals.length,
        };
      }),
      training: {
        config,
        engine,
        durationSeconds: Math.round(
          records.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000,
        ),
        zoo: {
          version: header.version,
          seed: header.seed,
          split: header.split,
          dataSha256: header.data.sha256,
          training: header.training,
          engine: header.engine,
          networks: zoo.networks.length,
        },
      },
    },
    new Map(
      specs.map(({ name, shape }, index) => [
        name,
        { shape, data: parameters[index] as Float32Array },
      ]),
    ),
  );
  const task = await loadTask(header.task, {
    split: header.split,
    ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
  });
  await writeFileAtomic(
    join(flags.out, FLOW_FILES.reference),
    `${JSON.stringify(buildReference(zoo, task))}\n`,
  );
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
