import { basename } from 'node:path';
import type { Command } from 'commander';
import { ensure } from '../errors.js';
import { SCALING_BUDGETS } from '../experiments/scaling/budget.js';
import { scalingFiles } from '../experiments/scaling/scaling-page.js';
import { architectureKey, architectureName, type Architecture } from '../network/architecture.js';
import type { Zoo } from '../zoo/zoo.js';
import { readZoo } from '../zoo/zoo-file.js';
import {
  architectureOption,
  chosenArchitecture,
  layersOption,
  type ArchitectureFlags,
} from './architecture-options.js';
import {
  chosenBudget,
  commandLine,
  experimentCommand,
  type BudgetFlags,
  type ExperimentFlags,
} from './experiment-options.js';
import { report, withRun } from './run-experiment.js';
import {
  addScalingOptions,
  scalingChoices,
  scalingWords,
  type ScalingFlags,
} from './scaling-options.js';
import { addFileOptions } from './data-options.js';
import type { DataFiles } from '../evaluation/known-task.js';
import { zooTask } from './zoo-task.js';

/** `weightspring experiment scaling`. */
export function addScalingCommand(experiment: Command): void {
  addScalingOptions(addFileOptions(experimentCommand(experiment, 'scaling', ['samples'])))
    .description('flows of several sizes on parts of a zoo: accuracy of samples, and copying')
    .addOption(layersOption())
    .addOption(architectureOption())
    .action(scalingCommand);
}

async function scalingCommand(
  flags: ExperimentFlags & BudgetFlags & ScalingFlags & ArchitectureFlags & DataFiles,
): Promise<void> {
  const budget = {
    ...SCALING_BUDGETS[flags.scale],
    ...chosenBudget(flags),
    ...scalingChoices(flags),
  };
  const zoo = await readZoo(flags.zoo);
  const architecture = await scaledArchitecture(zoo, flags);
  const task = await zooTask(zoo, flags);
  const configuration = {
    experiment: 'scaling',
    budget,
    architecture: architectureKey(architecture),
    zoo: { seed: zoo.header.seed, networks: zoo.networks.length, data: task.sha256 },
  };
  const results = await withRun(flags, configuration, (run) =>
    import('../experiments/scaling/scaling-experiment.js').then(({ scalingExperiment }) =>
      scalingExperiment(run, { zoo, task, architecture, budget, seed: flags.seed }),
    ),
  );
  const named =
    zoo.architectures.length > 1 ? [`--architecture ${architectureKey(architecture)}`] : [];
  const command = [
    commandLine('scaling', flags),
    `--zoo ${basename(flags.zoo)}`,
    ...named,
    ...scalingWords(flags),
  ].join(' ');
  await report(flags, scalingFiles({ results, budget, command }), []);
}

/** The architecture that the flags name, or the zoo's only one. */
async function scaledArchitecture(
  { architectures }: Zoo,
  flags: ArchitectureFlags,
): Promise<Architecture> {
  const [only = null] = architectures;
  const usual = architectures.length === 1 ? only : null;
  const chosen = await chosenArchitecture(flags, { activation: undefined, usual });
  const key = architectureKey(chosen);
  ensure(
    architectures.some((known) => architectureKey(known) === key),
    'invalid-argument',
    () =>
      `expected an architecture of the zoo (${architectures.map(architectureName).join(', ')}), got ` +
      architectureName(chosen),
    flags.architecture === undefined ? '--layers' : '--architecture',
  );
  return chosen;
}
