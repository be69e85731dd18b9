import { Option, type Command } from 'commander';
import { BUILT_IN_DATASETS } from '../data/load-dataset.js';
import type { DataSource } from '../data/load-file.js';
import { ensure } from '../errors.js';
import { openEvaluation } from '../evaluation/evaluation-context.js';
import { INIT_BUDGETS } from '../experiments/init/budget.js';
import { initChecks } from '../experiments/init/init-checks.js';
import { initFiles } from '../experiments/init/init-page.js';
import { flowFolder } from '../flows/flow-folder.js';
import { readFlowConfig } from '../flows/flow-store.js';
import { architectureKey, architectureName, type Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { Sampler } from '../sampling/sampler.js';
import { loadTask, type PreparedTask } from '../zoo/prepared-task.js';
import {
  flowArchitectures,
  parseArchitectureList,
  type ListedArchitecture,
} from './architecture-options.js';
import { addFileOptions } from './data-options.js';
import {
  chosenBudget,
  commandLine,
  experimentCommand,
  type BudgetFlags,
  type ExperimentFlags,
} from './experiment-options.js';
import { modelsDirOption, parseFlowName } from './options.js';
import { report, withRun } from './run-experiment.js';

interface InitFlags extends ExperimentFlags, BudgetFlags, Partial<DataSource> {
  readonly flow: string;
  readonly otherTask: readonly string[];
  readonly architectures?: readonly ListedArchitecture[];
  readonly modelsDir: readonly string[];
}

/** `weightspring experiment init`. */
export function addInitCommand(experiment: Command): void {
  addFileOptions(experimentCommand(experiment, 'init', ['runs']))
    .description('samples of a flow as starts of a training, beside other starts')
    .option('--flow <name>', 'flow over networks of a data set', parseFlowName, 'mnist')
    .addOption(
      new Option(
        '--other-task <name...>',
        'built-in data sets of as many features and classes, to train on too',
      )
        .choices(BUILT_IN_DATASETS)
        .default([]),
    )
    .addOption(
      new Option(
        '--architectures <list>',
        "what to train: 784-32-10;784-24-13-10; default: the flow's usual one",
      ).argParser(parseArchitectureList),
    )
    .addOption(modelsDirOption())
    .action(initCommand);
}

async function initCommand(flags: InitFlags): Promise<void> {
  const { flow, modelsDir, seed } = flags;
  const budget = { ...INIT_BUDGETS[flags.scale], ...chosenBudget(flags) };
  const config = await readFlowConfig(await flowFolder(modelsDir, flow));
  const architectures = await flowArchitectures(flags.architectures, config);
  const sampler = await Sampler.open({ modelsDir });
  try {
    const context = await openEvaluation(sampler, modelsDir, flow, flags);
    const others = await otherTasks(flags, context.task);
    for (const architecture of architectures) checkFits(architecture, context.task);
    const configuration = {
      experiment: 'init',
      budget,
      flow: config.sha256,
      architectures: architectures.map(architectureKey),
      data: [context.task, ...others].map(({ sha256 }) => sha256),
    };
    const results = await withRun(flags, configuration, (run) =>
      import('../experiments/init/init-experiment.js').then(({ initExperiment }) =>
        initExperiment(run, { context, config, others, architectures, budget, seed }),
      ),
    );
    const command = [
      commandLine('init', flags),
      `--flow ${flow}`,
      ...(flags.otherTask.length > 0 ? [`--other-task ${flags.otherTask.join(' ')}`] : []),
      ...(flags.architectures
        ? [`--architectures '${flags.architectures.map(({ form }) => form).join(';')}'`]
        : []),
    ].join(' ');
    await report(flags, initFiles({ results, budget, command }), initChecks(results));
  } finally {
    await sampler.close();
  }
}

async function otherTasks(
  { otherTask, dataDir }: InitFlags,
  own: PreparedTask,
): Promise<readonly PreparedTask[]> {
  const { splitOptions: split } = own;
  return Promise.all(
    [...new Set(otherTask)].map(async (name) => {
      const task = await loadTask(name, { split, dataDir });
      const [expected, got] = [own, task].map(
        ({ featureNames, classNames }) =>
          `${featureNames.length} features and ${classNames.length} classes`,
      );
      ensure(
        expected === got && name !== own.task,
        'invalid-argument',
        () => `--other-task ${name}: expected another data set of ${expected}, got one of ${got}`,
        '--other-task',
      );
      return task;
    }),
  );
}

function checkFits(architecture: Architecture, { featureNames, classNames }: PreparedTask): void {
  const { inputs, outputs } = networkOf(architecture);
  ensure(
    inputs === featureNames.length && outputs === classNames.length,
    'invalid-argument',
    () =>
      `--architectures: expected networks of ${featureNames.length} features into ` +
      `${classNames.length} classes, got ${architectureName(architecture)}`,
    '--architectures',
  );
}
