import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { barrierChecks, barrierFiles } from '../experiments/barriers/barriers-page.js';
import { measureBarriers } from '../experiments/barriers/measure-barriers.js';
import { GAUSSIAN_BUDGETS } from '../experiments/gaussian/budget.js';
import { gaussianChecks } from '../experiments/gaussian/gaussian-checks.js';
import { gaussianFiles } from '../experiments/gaussian/gaussian-page.js';
import { LIKELIHOOD_BUDGETS } from '../experiments/likelihood/budget.js';
import { likelihoodChecks, likelihoodFiles } from '../experiments/likelihood/likelihood-page.js';
import { MNIST_BUDGETS } from '../experiments/mnist/budget.js';
import { mnistChecks } from '../experiments/mnist/mnist-checks.js';
import { mnistFiles } from '../experiments/mnist/mnist-page.js';
import { readMnistZoo } from '../experiments/mnist/mnist-zoo.js';
import { thesisZoo } from '../experiments/thesis/thesis-zoo.js';
import { WDBC_BUDGETS } from '../experiments/wdbc/budget.js';
import { wdbcChecks } from '../experiments/wdbc/wdbc-checks.js';
import { wdbcFiles } from '../experiments/wdbc/wdbc-page.js';
import type { FlowConfig } from '../flows/flow-config.js';
import { flowFolder, openFlows } from '../flows/flow-folder.js';
import { readFlowConfig } from '../flows/flow-store.js';
import { loadTask, type PreparedTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';
import { addArchitecturesCommand } from './architectures-command.js';
import {
  chosenBudget,
  commandLine,
  experimentCommand,
  type BudgetFlags,
  type ExperimentFlags,
} from './experiment-options.js';
import { addEnsemblesCommand } from './ensembles-command.js';
import { addInitCommand } from './init-command.js';
import { modelsDirOption, parseFlowNames, parsePath } from './options.js';
import { sayRefused } from './output.js';
import { report, withRun } from './run-experiment.js';
import { addScalingCommand } from './scaling-command.js';
import { addTransferCommand } from './transfer-command.js';
import { zooTask } from './zoo-task.js';

/** Of experiments that train flows over a zoo. */
const FLOW_FLAGS = ['runs', 'updates', 'width', 'blocks', 'samples'] as const;

/** `weightspring experiment gaussian|barriers|likelihood|wdbc|mnist|scaling|init|ensembles|transfer|architectures`. */
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
  experimentCommand(experiment, 'wdbc', [...FLOW_FLAGS, 'pairs'])
    .description('three flows over WDBC networks in four settings, and loss barriers')
    .action(wdbcCommand);
  experimentCommand(experiment, 'mnist', FLOW_FLAGS)
    .description('three flows over MNIST networks in four settings, and wider networks from them')
    .addOption(
      new Option('--zoo <file>', 'networks 784-10-10 of mnist; default: trained as in the thesis')
        .argParser(parsePath)
        .conflicts('runs'),
    )
    .action(mnistCommand);
  addScalingCommand(experiment);
  addInitCommand(experiment);
  addEnsemblesCommand(experiment);
  addTransferCommand(experiment);
  addArchitecturesCommand(experiment);
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
  flags: ExperimentFlags & BudgetFlags & { flow?: readonly string[]; modelsDir: readonly string[] },
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
  modelsDir: readonly string[],
  names: readonly string[] | undefined,
): Promise<readonly FlowConfig[]> {
  if (names !== undefined) {
    return Promise.all(
      names.map(async (name) => readFlowConfig(await flowFolder(modelsDir, name))),
    );
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

async function mnistCommand(
  flags: ExperimentFlags & BudgetFlags & { readonly zoo?: string },
): Promise<void> {
  const { seed } = flags;
  const budget = { ...MNIST_BUDGETS[flags.scale], ...chosenBudget(flags) };
  const zoo = flags.zoo === undefined ? undefined : await readMnistZoo(flags.zoo);
  const task = await (zoo === undefined
    ? loadTask('mnist', flags.dataDir === undefined ? {} : { dataDir: flags.dataDir })
    : zooTask(zoo, flags));
  const configuration = {
    experiment: 'mnist',
    budget,
    data: task.sha256,
    ...(zoo === undefined ? {} : { zoo: zooIdentity(zoo) }),
  };
  const results = await withRun(flags, configuration, (run) =>
    import('../experiments/mnist/mnist-experiment.js').then(({ mnistExperiment }) =>
      mnistExperiment(run, { task, budget, seed, zoo }),
    ),
  );
  const chosen = flags.zoo === undefined ? '' : ` --zoo ${basename(flags.zoo)}`;
  const command = commandLine('mnist', flags) + chosen;
  await report(flags, mnistFiles({ results, budget, command }), mnistChecks(results));
}

/** All that decides the networks of a zoo. */
function zooIdentity({ header }: Zoo): Readonly<Record<string, unknown>> {
  const { version, seed, split, training, architectures, engine } = header;
  return { version, seed, split, training, architectures, engine };
}

/** Read before the engine announces itself: missing data are the whole message then. */
function wdbcTask({ dataDir }: ExperimentFlags): Promise<PreparedTask> {
  return loadTask('wdbc', dataDir === undefined ? {} : { dataDir });
}
