import { Option, type Command } from 'commander';
import { BUILT_IN_DATASETS, loadDataset } from '../data/load-dataset.js';
import type { DataSource } from '../data/load-file.js';
import { standardise } from '../data/standardisation.js';
import { ensure } from '../errors.js';
import { openEvaluation } from '../evaluation/evaluation-context.js';
import { ENSEMBLES_BUDGETS } from '../experiments/ensembles/budget.js';
import { ensemblesChecks } from '../experiments/ensembles/ensembles-checks.js';
import type { ForeignRows } from '../experiments/ensembles/ensembles-experiment.js';
import { ensemblesFiles } from '../experiments/ensembles/ensembles-page.js';
import { flowFolder } from '../flows/flow-folder.js';
import { readFlowConfig } from '../flows/flow-store.js';
import { architectureKey } from '../network/architecture.js';
import { Sampler } from '../sampling/sampler.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import {
  architectureOption,
  chosenArchitecture,
  layersOption,
  type ArchitectureFlags,
} from './architecture-options.js';
import { addFileOptions } from './data-options.js';
import { commandLine, experimentCommand, type ExperimentFlags } from './experiment-options.js';
import { integerParser, modelsDirOption, parseFlowName } from './options.js';
import { requiredZooRecord } from './required-zoo-record.js';
import { report, withRun } from './run-experiment.js';
import { usualArchitecture } from '../flows/usual-architecture.js';

interface EnsemblesFlags extends ExperimentFlags, ArchitectureFlags, Partial<DataSource> {
  readonly flow: string;
  readonly foreignTask?: string;
  readonly members?: number;
  readonly modelsDir: readonly string[];
}

/** `weightspring experiment ensembles`. */
export function addEnsemblesCommand(experiment: Command): void {
  addFileOptions(experimentCommand(experiment, 'ensembles', []))
    .description('ensembles of samples beside ensembles of trained networks and dropout')
    .option('--flow <name>', 'flow over networks of a data set', parseFlowName, 'mnist')
    .option('--members <integer>', 'of the largest ensemble', integerParser(2, 1024))
    .addOption(
      new Option(
        '--foreign-task <name>',
        'built-in data set of as many features, whose rows uncertainty should tell',
      ).choices(BUILT_IN_DATASETS),
    )
    .addOption(layersOption())
    .addOption(architectureOption())
    .addOption(modelsDirOption())
    .action(ensemblesCommand);
}

async function ensemblesCommand(flags: EnsemblesFlags): Promise<void> {
  const { flow, modelsDir, seed, foreignTask, members } = flags;
  const usualBudget = ENSEMBLES_BUDGETS[flags.scale];
  const budget = { ...usualBudget, members: members ?? usualBudget.members };
  const config = await readFlowConfig(await flowFolder(modelsDir, flow));
  const architecture = await chosenArchitecture(flags, {
    activation: config.activations[0],
    usual: usualArchitecture(config),
  });
  const zooRecord = requiredZooRecord(config, '--flow');
  const sampler = await Sampler.open({ modelsDir });
  try {
    const context = await openEvaluation(sampler, modelsDir, flow, flags);
    const foreign =
      foreignTask === undefined
        ? null
        : await foreignRows(foreignTask, context.task, budget.foreignRows, flags.dataDir);
    const configuration = {
      experiment: 'ensembles',
      budget,
      flow: config.sha256,
      architecture: architectureKey(architecture),
      data: context.task.sha256,
      foreign: foreign?.name ?? null,
    };
    const results = await withRun(flags, configuration, (run) =>
      import('../experiments/ensembles/ensembles-experiment.js').then(({ ensemblesExperiment }) =>
        ensemblesExperiment(run, {
          context,
          config,
          zooRecord,
          architecture,
          foreign,
          budget,
          seed,
        }),
      ),
    );
    const command = [
      commandLine('ensembles', flags),
      `--flow ${flow}`,
      `--architecture ${architectureKey(architecture)}`,
      ...(members === undefined ? [] : [`--members ${members}`]),
      ...(foreignTask === undefined ? [] : [`--foreign-task ${foreignTask}`]),
    ].join(' ');
    await report(flags, ensemblesFiles({ results, budget, command }), ensemblesChecks(results));
  } finally {
    await sampler.close();
  }
}

/** The first rows of another data set, as networks of the task would be given them. */
async function foreignRows(
  name: string,
  { task, featureNames, standardisation }: PreparedTask,
  most: number,
  dataDir: string | undefined,
): Promise<ForeignRows> {
  const other = await loadDataset(name, { dataDir });
  const width = featureNames.length;
  ensure(
    other.featureNames.length === width && name !== task,
    'invalid-argument',
    () =>
      `--foreign-task ${name}: expected another data set of ${width} features, got one of ` +
      `${other.featureNames.length}`,
    '--foreign-task',
  );
  return { name, features: standardise(other.features.subarray(0, most * width), standardisation) };
}
