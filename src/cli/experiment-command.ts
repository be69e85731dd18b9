import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import { barrierChecks, barrierFiles } from '../experiments/barriers/barriers-page.js';
import { measureBarriers } from '../experiments/barriers/measure-barriers.js';
import { ExperimentRun, type ExperimentHost } from '../experiments/experiment-run.js';
import { formatChecks, type Check, type ResultFiles } from '../experiments/results-page.js';
import { GAUSSIAN_BUDGETS } from '../experiments/gaussian/budget.js';
import { gaussianChecks } from '../experiments/gaussian/gaussian-checks.js';
import { gaussianFiles } from '../experiments/gaussian/gaussian-page.js';
import { LIKELIHOOD_BUDGETS } from '../experiments/likelihood/budget.js';
import { likelihoodChecks, likelihoodFiles } from '../experiments/likelihood/likelihood-page.js';
import { SCALES, type Scale } from '../experiments/scale.js';
import { WDBC_BUDGETS, type WdbcBudget } from '../experiments/wdbc/budget.js';
import { thesisZoo } from '../experiments/thesis/thesis-zoo.js';
import { wdbcChecks } from '../experiments/wdbc/wdbc-checks.js';
import { wdbcFiles } from '../experiments/wdbc/wdbc-page.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { checkWritableFolder } from '../files/write-target.js';
import type { FlowConfig } from '../flows/flow-config.js';
import { openFlows } from '../flows/flow-folder.js';
import { readFlowConfig } from '../flows/flow-store.js';
import { loadTask, type PreparedTask } from '../zoo/prepared-task.js';
import { deviceOption } from './device.js';
import { engineOption, openEngine, type EngineName } from './engine.js';
import { lockRun } from './lock-run.js';
import {
  dataDirOption,
  integerParser,
  jsonOption,
  modelsDirOption,
  parseFlowNames,
  parsePath,
  seedParser,
} from './options.js';
import { printResult, say, sayRefused } from './output.js';
import { createProgress, type Progress } from './progress.js';
import { interruptSignal } from './signals.js';

interface ExperimentFlags {
  readonly runDir: string;
  readonly out?: string;
  readonly scale: Scale;
  readonly seed: number;
  readonly engine: EngineName;
  readonly device: DeviceChoice;
  readonly dataDir?: string;
  readonly json?: true;
}

/** Where a run keeps its page and figures. */
const RESULTS_FOLDER = 'results';

/** What the command line may change of a budget. */
const BUDGET_FLAGS = {
  runs: 'networks that are trained',
  updates: 'updates of every flow',
  width: 'token width of the velocity networks',
  blocks: 'blocks of the velocity networks',
  samples: 'networks drawn from every flow',
  pairs: 'pairs whose loss barrier is measured',
} as const satisfies Partial<Record<keyof WdbcBudget, string>>;
type BudgetFlag = keyof typeof BUDGET_FLAGS;
type BudgetFlags = Partial<Record<BudgetFlag, number>>;

/** `weightspring experiment gaussian|barriers|likelihood|wdbc`. */
export function addExperimentCommand(program: Command): void {
  const experiment = program
    .command('experiment')
    .description('reproduce an experiment of the thesis; the same command continues a stopped run');
  experimentCommand(experiment, 'gaussian', ['updates', 'width', 'blocks', 'samples'])
    .description('from one Gaussian to another in weight space: what sampling does to the variance')
    .action(gaussianCommand);
  experimentCommand(experiment, 'barriers', ['runs', 'pairs'])
    .description('loss barriers between WDBC networks before and after every kind of alignment')
    .action(barriersCommand);
  experimentCommand(experiment, 'likelihood', ['runs'])
    .description('bits per dimension of unseen, untrained and sampled WDBC networks under flows')
    .option('--flow <name...>', 'flows over WDBC networks; default: all', parseFlowNames)
    .addOption(modelsDirOption())
    .action(likelihoodCommand);
  experimentCommand(experiment, 'wdbc', Object.keys(BUDGET_FLAGS) as BudgetFlag[])
    .description('three flows over WDBC networks in four settings, and loss barriers')
    .action(wdbcCommand);
}

/** A command with the options of all experiments. */
function experimentCommand(parent: Command, name: string, budget: readonly BudgetFlag[]): Command {
  const command = parent
    .command(name)
    .option(
      '--run-dir <folder>',
      'what the run remembers',
      parsePath,
      join('runs', `experiment-${name}`),
    )
    .option(
      '--out <folder>',
      `folder for the page and its figures; default: '${RESULTS_FOLDER}' in the run's`,
      parsePath,
    )
    .addOption(
      new Option('--scale <name>', 'the experiment in full, or a smoke test of seconds')
        .choices(SCALES)
        .default('full'),
    )
    .option('--seed <integer>', 'of everything random', seedParser, 1)
    .addOption(engineOption())
    .addOption(deviceOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .hook('preAction', (action) => checkWritableFolder(resultsFolder(action.opts())));
  for (const flag of budget) {
    command.option(`--${flag} <integer>`, BUDGET_FLAGS[flag], integerParser(1, 1_000_000));
  }
  return command;
}

async function gaussianCommand(flags: ExperimentFlags & BudgetFlags): Promise<void> {
  const budget = { ...GAUSSIAN_BUDGETS[flags.scale], ...chosenBudget(flags) };
  const results = await withRun(flags, { experiment: 'gaussian', budget }, (run) =>
    import('../experiments/gaussian/gaussian-experiment.js').then(({ gaussianExperiment }) =>
      gaussianExperiment(run, budget, flags.seed),
    ),
  );
  const command = commandLine('gaussian', flags);
  await report(flags, gaussianFiles({ results, budget, command }), gaussianChecks(results));
}

async function barriersCommand(flags: ExperimentFlags & BudgetFlags): Promise<void> {
  const { runs, epochs, pairs } = { ...WDBC_BUDGETS[flags.scale], ...chosenBudget(flags) };
  const task = await wdbcTask(flags);
  const configuration = { experiment: 'barriers', runs, epochs, pairs, data: task.sha256 };
  const barriers = await withRun(flags, configuration, async (run) => {
    const zoo = await thesisZoo(run, task, { runs, epochs, seed: flags.seed });
    return measureBarriers(run, zoo, task, { pairs, seed: flags.seed });
  });
  const files = barrierFiles(barriers, commandLine('barriers', flags));
  await report(flags, files, barrierChecks(barriers));
}

async function likelihoodCommand(
  flags: ExperimentFlags & BudgetFlags & { flow?: readonly string[]; modelsDir: string },
): Promise<void> {
  const { modelsDir, seed } = flags;
  const budget = { ...LIKELIHOOD_BUDGETS[flags.scale], ...chosenBudget(flags) };
  const configs = await flowConfigs(modelsDir, flags.flow);
  const flows = configs.filter(({ task: own }) => own === 'wdbc');
  const task = await wdbcTask(flags);
  const configuration = {
    experiment: 'likelihood',
    budget,
    data: task.sha256,
    flows: Object.fromEntries(flows.map(({ name, sha256 }) => [name, sha256])),
  };
  const results = await withRun(flags, configuration, (run) =>
    import('../experiments/likelihood/likelihood-experiment.js').then(({ likelihoodExperiment }) =>
      likelihoodExperiment(run, {
        task,
        modelsDir,
        flows: flows.map(({ name }) => name),
        budget,
        seed,
      }),
    ),
  );
  const chosen = flags.flow === undefined ? '' : ` --flow ${flags.flow.join(' ')}`;
  const command = commandLine('likelihood', flags) + chosen;
  await report(flags, likelihoodFiles({ results, budget, command }), likelihoodChecks(results));
}

/** The configurations of the flows of these names, by default of all that can be served. */
async function flowConfigs(
  modelsDir: string,
  names: readonly string[] | undefined,
): Promise<readonly FlowConfig[]> {
  if (names !== undefined) {
    return Promise.all(names.map((name) => readFlowConfig(join(modelsDir, name))));
  }
  const { flows, refused } = await openFlows(modelsDir);
  sayRefused(refused);
  return flows.map(({ config }) => config);
}

async function wdbcCommand(flags: ExperimentFlags & BudgetFlags): Promise<void> {
  const budget = { ...WDBC_BUDGETS[flags.scale], ...chosenBudget(flags) };
  const task = await wdbcTask(flags);
  const results = await withRun(flags, { experiment: 'wdbc', budget, data: task.sha256 }, (run) =>
    // Loads onnxruntime, which other commands need not wait for.
    import('../experiments/wdbc/wdbc-experiment.js').then(({ wdbcExperiment }) =>
      wdbcExperiment(run, { task, budget, seed: flags.seed }),
    ),
  );
  const command = commandLine('wdbc', flags);
  await report(flags, wdbcFiles({ results, budget, command }), wdbcChecks(results));
}

/** Read before the engine announces itself: missing data are the whole message then. */
function wdbcTask({ dataDir }: ExperimentFlags): Promise<PreparedTask> {
  return loadTask('wdbc', dataDir === undefined ? {} : { dataDir });
}

function chosenBudget(flags: BudgetFlags): BudgetFlags {
  return Object.fromEntries(
    Object.entries(flags).filter(([name]) => Object.hasOwn(BUDGET_FLAGS, name)),
  );
}

/** Opens the run's folder, shows progress, and stops in order when interrupted. */
async function withRun<T>(
  flags: ExperimentFlags,
  configuration: Readonly<Record<string, unknown>>,
  use: (run: ExperimentRun) => Promise<T>,
): Promise<T> {
  let shown: { readonly stage: string; readonly progress: Progress } | undefined;
  const host: ExperimentHost = {
    openEngine: () => openEngine(flags.engine, flags),
    signal: interruptSignal(() => {
      say('stopping after this step; the same command continues');
    }),
    onProgress: (stage, done, total, note) => {
      if (shown?.stage !== stage) {
        shown?.progress.done();
        shown = { stage, progress: createProgress({ label: stage, total, done: done - 1 }) };
      }
      shown.progress.update(done, note);
    },
  };
  const lock = await lockRun(flags.runDir);
  try {
    const run = await ExperimentRun.open(
      flags.runDir,
      { ...configuration, seed: flags.seed, engine: flags.engine },
      host,
    );
    return await use(run);
  } finally {
    shown?.progress.done();
    lock.release();
  }
}

/** The command without what does not decide the figures. */
function commandLine(name: string, flags: ExperimentFlags & BudgetFlags): string {
  const chosen = Object.entries(chosenBudget(flags)).map(([flag, value]) => `--${flag} ${value}`);
  const scale = flags.scale === 'full' ? [] : [`--scale ${flags.scale}`];
  return ['weightspring experiment', name, ...scale, `--seed ${flags.seed}`, ...chosen].join(' ');
}

/** Never the committed results unless they are asked for: a smoke test would replace them. */
function resultsFolder({ out, runDir }: ExperimentFlags): string {
  return out ?? join(runDir, RESULTS_FOLDER);
}

async function report(
  flags: ExperimentFlags,
  contents: ResultFiles,
  checks: readonly Check[],
): Promise<void> {
  const files: string[] = [];
  for (const [name, content] of contents) {
    const path = join(resultsFolder(flags), name);
    await writeFileAtomic(path, content);
    files.push(path);
  }
  say(`wrote ${files.join(', ')}`);
  printResult({ files, checks }, flags.json === true, () => formatChecks(checks));
}
