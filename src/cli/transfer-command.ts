import { InvalidArgumentError, Option, type Command } from 'commander';
import { BUILT_IN_DATASETS, loadDataset } from '../data/load-dataset.js';
import { ensure } from '../errors.js';
import { TRANSFER_BUDGETS } from '../experiments/transfer/budget.js';
import { transferChecks } from '../experiments/transfer/transfer-checks.js';
import type { TransferPlan } from '../experiments/transfer/transfer-experiment.js';
import { transferFiles } from '../experiments/transfer/transfer-page.js';
import { flowFolder } from '../flows/flow-folder.js';
import { openFlow } from '../flows/flow-store.js';
import { usualArchitecture } from '../flows/usual-architecture.js';
import { architectureKey } from '../network/architecture.js';
import { Sampler } from '../sampling/sampler.js';
import { loadTask } from '../zoo/prepared-task.js';
import {
  architectureOption,
  chosenArchitecture,
  layersOption,
  type ArchitectureFlags,
} from './architecture-options.js';
import { commandLine, experimentCommand, type ExperimentFlags } from './experiment-options.js';
import { modelsDirOption, parseFlowName } from './options.js';
import { requiredZooRecord } from './required-zoo-record.js';
import { report, withRun } from './run-experiment.js';

/** A flow, and the data set that it is guided to. */
interface Pair {
  readonly flow: string;
  readonly task: string;
}

interface TransferFlags extends ExperimentFlags, ArchitectureFlags {
  readonly fromTo: readonly Pair[];
  readonly modelsDir: readonly string[];
}

const DEFAULT_PAIRS: readonly Pair[] = [
  { flow: 'mnist', task: 'fashion-mnist' },
  { flow: 'fashion-mnist', task: 'mnist' },
];

const formOf = (pairs: readonly Pair[]): string =>
  pairs.map(({ flow, task }) => `${flow}:${task}`).join(';');

/** `weightspring experiment transfer`. */
export function addTransferCommand(experiment: Command): void {
  experimentCommand(experiment, 'transfer', [])
    .description('flows over networks of one data set, guided to another by its rows')
    .addOption(
      new Option(
        '--from-to <list>',
        'flows, and built-in data sets of as many features and classes',
      )
        .argParser(parsePairs)
        .default(DEFAULT_PAIRS, formOf(DEFAULT_PAIRS)),
    )
    .addOption(layersOption())
    .addOption(architectureOption())
    .addOption(modelsDirOption())
    .action(transferCommand);
}

function parsePairs(text: string): readonly Pair[] {
  return text.split(';').map((form) => {
    const [flow = '', task = '', ...rest] = form.split(':');
    if (rest.length > 0 || !BUILT_IN_DATASETS.includes(task)) {
      throw new InvalidArgumentError(
        `expected FLOW:DATASET;FLOW:DATASET, with data sets of ${BUILT_IN_DATASETS.join(', ')}, ` +
          `got '${form}'`,
      );
    }
    return { flow: parseFlowName(flow), task };
  });
}

async function transferCommand(flags: TransferFlags): Promise<void> {
  const { fromTo: pairs, modelsDir, seed } = flags;
  const budget = TRANSFER_BUDGETS[flags.scale];
  const plans: TransferPlan[] = [];
  for (const pair of pairs) plans.push(await planOf(pair, flags));
  const configuration = {
    experiment: 'transfer',
    budget,
    plans: plans.map(({ config, task, architecture }) => ({
      flow: config.sha256,
      data: task.sha256,
      architecture: architectureKey(architecture),
    })),
  };
  const sampler = await Sampler.open({ modelsDir });
  try {
    const cases = await withRun(flags, configuration, (run) =>
      import('../experiments/transfer/transfer-experiment.js').then(({ transferExperiment }) =>
        transferExperiment(run, { sampler, plans, budget, seed }),
      ),
    );
    const [first] = plans;
    const command = [
      commandLine('transfer', flags),
      `--from-to '${formOf(pairs)}'`,
      ...(flags.layers === undefined && flags.architecture === undefined
        ? []
        : [`--architecture ${first === undefined ? '' : architectureKey(first.architecture)}`]),
    ].join(' ');
    await report(flags, transferFiles({ cases, budget, command }), transferChecks(cases));
  } finally {
    await sampler.close();
  }
}

async function planOf({ flow, task: name }: Pair, flags: TransferFlags): Promise<TransferPlan> {
  const { config, coordinates } = await openFlow(await flowFolder(flags.modelsDir, flow));
  const architecture = await chosenArchitecture(flags, {
    activation: config.activations[0],
    usual: usualArchitecture(config),
  });
  const zooRecord = requiredZooRecord(config, '--from-to');
  const dataset = await loadDataset(name, { dataDir: flags.dataDir });
  const task = await loadTask(name, { dataDir: flags.dataDir });
  const [expected, got] = [config, dataset].map(
    ({ featureNames, classNames }) =>
      `${featureNames.length} features and ${classNames.length} classes`,
  );
  ensure(
    expected === got && name !== config.task,
    'invalid-argument',
    () => `--from-to: flow '${flow}' takes another data set of ${expected}, got ${name} of ${got}`,
    '--from-to',
  );
  return { config, zooRecord, inputMetric: coordinates.inputMetric, dataset, task, architecture };
}
