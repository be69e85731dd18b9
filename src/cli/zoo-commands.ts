import { Option, type Command } from 'commander';
import { alignPopulation } from '../alignment/align-population.js';
import { meanLossBarrier, randomPairs } from '../alignment/barrier.js';
import {
  architectureKey,
  architectureName,
  withActivation,
  type Activation,
  type Architecture,
} from '../network/architecture.js';
import type { DeviceChoice } from '../devices/device.js';
import { checkWritableFile, checkWritableFolder } from '../files/write-target.js';
import type { Watcher } from '../pace.js';
import { Random } from '../random.js';
import { evaluateNetworks } from '../zoo/evaluate-networks.js';
import { crossEntropy } from '../zoo/metrics.js';
import { partData, type PreparedTask } from '../zoo/prepared-task.js';
import { zooRecipe, type RecipeChoice } from '../zoo/recipes.js';
import { usualTraining } from '../zoo/usual-training.js';
import { trainZooFile, zooRunDir } from '../zoo/train-zoo-file.js';
import type { ZooArchitecture, ZooNetwork } from '../zoo/zoo.js';
import { readZoo, writeZoo } from '../zoo/zoo-file.js';
import { addDataOptions, addTaskOptions, chosenTask, type TaskFlags } from './data-options.js';
import { deviceOption } from './device.js';
import { engineOption, threadsOption, openEngine, type EngineName } from './engine.js';
import {
  activationOption,
  architectureOption,
  chosenArchitectures,
  parseArchitectureList,
  type ListedArchitecture,
} from './architecture-options.js';
import { integerParser, jsonOption, parsePath, seedParser } from './options.js';
import { printResult, say } from './output.js';
import { partOf } from '../pace.js';
import { withProgress } from './progress.js';
import { reportZoo } from './report-zoo.js';
import { interruptSignal } from './signals.js';
import { supervisorPid } from './supervisor-link.js';
import { addZooImportCommand } from './zoo-import-command.js';
import { addZooMergeCommand } from './zoo-merge-command.js';
import type { BaseTraining } from '../zoo/base-trainer.js';
import type { DataFiles } from '../evaluation/known-task.js';
import { zooTask } from './zoo-task.js';

interface ZooTrainFlags extends TaskFlags {
  readonly out: string;
  readonly runDir?: string;
  readonly mixed?: true;
  readonly thesis?: true;
  readonly cnn?: true;
  readonly architecture?: string;
  readonly architectures?: readonly ListedArchitecture[];
  readonly activation?: Activation;
  readonly runs?: number;
  readonly firstRun: number;
  readonly epochs?: number;
  readonly snapshots?: number;
  readonly seed: number;
  readonly splitSeed: number;
  readonly engine: EngineName;
  readonly device: DeviceChoice;
  readonly threads?: number;
  readonly json?: true;
}

/** `weightspring zoo train|align|merge|import|info`. */
export function addZooCommands(program: Command): void {
  const zoo = program.command('zoo').description('populations of trained networks');
  const train = zoo
    .command('train')
    .description(
      'train many networks on a data set and keep them with snapshots in one file; the same ' +
        'command continues a run that was stopped',
    );
  addTaskOptions(train)
    .requiredOption('--out <file>', 'zoo file to write', parsePath)
    .option(
      '--run-dir <folder>',
      "checkpoints of the run, deleted once the zoo is written; default: the zoo file's name and .run",
      parsePath,
    )
    .option('--mixed', "many architectures around the task's usual one")
    .option(
      '--cnn',
      'convolutional networks on images; with --mixed also other numbers of channels',
    )
    .addOption(
      new Option('--thesis', 'as many snapshots as the zoos of the thesis').conflicts([
        'mixed',
        'cnn',
      ]),
    )
    .addOption(
      new Option(
        '--architectures <list>',
        'ARCHITECTURE:RUNS;ARCHITECTURE:RUNS, such as 30-16-2:20;@block.json',
      ).argParser(parseArchitectureList),
    )
    .addOption(architectureOption().conflicts(['architectures', 'mixed', 'thesis', 'cnn']))
    .addOption(activationOption())
    .option('--runs <count>', 'runs of each architecture', integerParser(1, 100_000))
    .option(
      '--first-run <number>',
      'of each architecture, for a part of a zoo that is merged with others',
      integerParser(0, 1e6),
      0,
    )
    .option('--epochs <count>', 'passes over the training part', integerParser(1, 100_000))
    .addOption(
      new Option('--snapshots <count>', 'networks kept of each run, the final one among them')
        .argParser(integerParser(1, 100_000))
        .conflicts('thesis'),
    )
    .option('--seed <integer>', 'of starts and minibatches', seedParser, 1)
    .option('--split-seed <integer>', 'of the split into train, validation, test', seedParser, 0)
    .addOption(engineOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(trainCommand);
  const align = zoo
    .command('align')
    .description('bring the networks of each architecture to a common order of neurons');
  addDataOptions(align)
    .argument('<zoo>', 'zoo file', parsePath)
    .requiredOption('--out <file>', 'zoo file to write', parsePath)
    .option(
      '--pairs <count>',
      'random pairs whose loss barrier is measured',
      integerParser(1, 1e5),
      50,
    )
    .addOption(jsonOption())
    .action(alignCommand);
  addZooMergeCommand(zoo);
  addZooImportCommand(zoo);
  zoo
    .command('info')
    .description('what a zoo file holds')
    .argument('<zoo>', 'zoo file', parsePath)
    .addOption(jsonOption())
    .action(async (path: string, flags: { json?: true }) => {
      reportZoo(await readZoo(path), flags.json === true);
    });
}

async function trainCommand(flags: ZooTrainFlags): Promise<void> {
  await checkWritableFile(flags.out);
  const runDir = flags.runDir ?? (await zooRunDir(flags.out));
  if (runDir !== null) await checkWritableFolder(runDir);
  const signal = interruptSignal(() => {
    if (runDir !== null) say('stopping; the same command continues');
  });
  // Before the engine announces itself: missing data are the whole message then.
  const task = await chosenTask(flags, { signal, split: { seed: flags.splitSeed } });
  const recipe = zooRecipe(task, recipeChoice(flags));
  const architectures = startingAt(
    flags.firstRun,
    await zooArchitectures(flags, recipe.architectures),
  );
  const usual = usualTraining(
    task,
    architectures.map(({ architecture }) => architecture),
    recipe,
  );
  const training = chosenTraining(usual, flags);
  const engine = await openEngine(flags.engine, flags);
  const zoo = await withProgress('zoo', (report) =>
    trainZooFile(
      task,
      { architectures, training, seed: flags.seed },
      {
        engine,
        signal,
        out: flags.out,
        runDir,
        supervisorPid: supervisorPid(),
        onContinue: ({ done, total, architecture }) => {
          const percent = Math.floor((100 * done) / total);
          say(`continuing at ${percent} %, ${architectureKey(architecture)}, from ${runDir ?? ''}`);
        },
        onProgress: ({ done, total, architecture }) => {
          report(Math.floor((1000 * done) / total), 1000, architectureKey(architecture));
        },
      },
    ),
  );
  say(`wrote ${flags.out}`);
  reportZoo(zoo, flags.json === true, flags.out);
}

function chosenTraining(
  usual: BaseTraining,
  { epochs = usual.epochs, snapshots }: ZooTrainFlags,
): BaseTraining {
  const ignoreEpochs = Math.min(usual.snapshots.ignoreEpochs, epochs - 1);
  return {
    ...usual,
    epochs,
    snapshots:
      snapshots === undefined
        ? { ...usual.snapshots, ignoreEpochs }
        : { ignoreEpochs, perRun: snapshots },
  };
}

function recipeChoice({ mixed, thesis, cnn }: ZooTrainFlags): RecipeChoice {
  if (cnn === true) return mixed === true ? 'mixed-cnn' : 'cnn';
  if (mixed === true) return 'mixed';
  return thesis === true ? 'thesis' : 'single';
}

/** Only what is asked for: zoos from before there was a choice stay what they are. */
function startingAt(
  firstRun: number,
  architectures: readonly ZooArchitecture[],
): readonly ZooArchitecture[] {
  return firstRun === 0 ? architectures : architectures.map((own) => ({ ...own, firstRun }));
}

async function zooArchitectures(
  { architecture, architectures, activation, runs }: ZooTrainFlags,
  usual: readonly ZooArchitecture[],
): Promise<readonly ZooArchitecture[]> {
  const list = architecture === undefined ? architectures : [{ form: architecture, runs }];
  if (list === undefined) {
    return usual.map((entry) => ({
      architecture:
        activation === undefined
          ? entry.architecture
          : withActivation(entry.architecture, activation),
      runs: runs ?? entry.runs,
    }));
  }
  const option = architecture === undefined ? '--architectures' : '--architecture';
  const chosen = await chosenArchitectures(list, activation, 'relu', option);
  return chosen.map((arch, index) => ({
    architecture: arch,
    runs: list[index]?.runs ?? runs ?? 20,
  }));
}

async function alignCommand(
  path: string,
  flags: DataFiles & { out: string; pairs: number; json?: true },
): Promise<void> {
  const signal = interruptSignal();
  await checkWritableFile(flags.out);
  const zoo = await readZoo(path);
  const task = await zooTask(zoo, flags, signal);
  const record: Record<string, number> = {};
  const aligned = new Map<ZooNetwork, Float32Array>();
  await withProgress('align', async (report) => {
    for (const [index, arch] of zoo.architectures.entries()) {
      const key = architectureKey(arch);
      const part = partOf(report, index, zoo.architectures.length);
      const step = (name: string, position: number): Watcher => {
        const own = partOf(part, position, 3);
        return {
          signal,
          onProgress: (done, total) => {
            own(done, total, `${key} ${name}`);
          },
        };
      };
      const networks = zoo.networksOf(index);
      const finals = zoo.finalNetworksOf(index);
      const result = await alignPopulation(
        networks.map(({ weights }) => weights),
        arch,
        { reference: finals[0]?.weights ?? 0 },
        step('networks', 0),
      );
      networks.forEach((network, position) => {
        aligned.set(network, result.networks[position] as Float32Array);
      });
      if (finals.length <= 1) continue;
      const barrier = (
        weights: (network: ZooNetwork) => Float32Array,
        watcher: Watcher,
      ): Promise<number> => meanBarrier(finals.map(weights), arch, task, flags.pairs, watcher);
      const name = recordName(arch, zoo.architectures);
      record[`${name} barrier before`] = await barrier(
        ({ weights }) => weights,
        step('barriers before', 1),
      );
      record[`${name} barrier after`] = await barrier(
        (network) => aligned.get(network) as Float32Array,
        step('barriers after', 2),
      );
    }
  });
  const result = zoo.withWeights((network) => aligned.get(network) as Float32Array, {
    method: 'weight-matching',
    record,
  });
  await writeZoo(result, flags.out);
  say(`wrote ${flags.out}`);
  printResult(
    { method: 'weight-matching', record },
    flags.json === true,
    () => ({
      columns: [{ header: 'loss barrier (test cross-entropy)' }, { header: 'nats' }],
      rows: Object.entries(record),
    }),
    flags.out,
  );
}

/** What the record calls an architecture: its key only where another one has the same name. */
function recordName(arch: Architecture, all: readonly Architecture[]): string {
  const name = architectureName(arch);
  const isUnique = all.filter((other) => architectureName(other) === name).length === 1;
  return isUnique ? name : architectureKey(arch);
}

/** Mean loss barrier of random pairs on the test part. */
function meanBarrier(
  networks: readonly Float32Array[],
  arch: Parameters<typeof evaluateNetworks>[0],
  task: PreparedTask,
  pairs: number,
  watcher: Watcher,
): Promise<number> {
  const { features, labels } = partData(task, 'test');
  const loss = (weights: ArrayLike<number>): number => {
    const [logits] = evaluateNetworks(arch, [Float32Array.from(weights)], features);
    return crossEntropy(logits as Float64Array, labels);
  };
  return meanLossBarrier(
    networks,
    randomPairs(networks.length, pairs, new Random(0, 'barrier')),
    loss,
    watcher,
  );
}
