import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import { SCALES, type Scale } from '../experiments/scale.js';
import type { WdbcBudget } from '../experiments/wdbc/budget.js';
import { checkWritableFolder } from '../files/write-target.js';
import { deviceOption } from './device.js';
import { engineOption, type EngineName } from './engine.js';
import { dataDirOption, integerParser, jsonOption, parsePath, seedParser } from './options.js';

/** Options of all experiments that compute. */
export interface ExperimentFlags {
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
export type BudgetFlag = keyof typeof BUDGET_FLAGS;
export type BudgetFlags = Partial<Record<BudgetFlag, number>>;

/** A command with the options of all experiments. */
export function experimentCommand(
  parent: Command,
  name: string,
  budget: readonly BudgetFlag[],
): Command {
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

/** What was chosen of a budget. */
export function chosenBudget(flags: BudgetFlags): BudgetFlags {
  return Object.fromEntries(
    Object.entries(flags).filter(([name]) => Object.hasOwn(BUDGET_FLAGS, name)),
  );
}

/** The command without what does not decide the figures. */
export function commandLine(name: string, flags: ExperimentFlags & BudgetFlags): string {
  const chosen = Object.entries(chosenBudget(flags)).map(([flag, value]) => `--${flag} ${value}`);
  const scale = flags.scale === 'full' ? [] : [`--scale ${flags.scale}`];
  return ['weightspring experiment', name, ...scale, `--seed ${flags.seed}`, ...chosen].join(' ');
}

/** Never the committed results unless they are asked for: a smoke test would replace them. */
export function resultsFolder({ out, runDir }: Pick<ExperimentFlags, 'out' | 'runDir'>): string {
  return out ?? join(runDir, RESULTS_FOLDER);
}
