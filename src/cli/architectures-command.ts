import { join } from 'node:path';
import type { Command } from 'commander';
import { architectureFiles, withinLine } from '../experiments/architectures/architectures-page.js';
import { readCardedFlow } from '../experiments/architectures/carded-flow.js';
import { checkWritableFolder } from '../files/write-target.js';
import { flowFolder, openFlows } from '../flows/flow-folder.js';
import { openFlow, type OpenedFlow } from '../flows/flow-store.js';
import { jsonOption, modelsDirOption, parseFlowNames, parsePath } from './options.js';
import { printResult, sayRefused } from './output.js';
import { writeResults } from './run-experiment.js';

interface ArchitecturesFlags {
  readonly flow?: readonly string[];
  readonly modelsDir: readonly string[];
  readonly out: string;
  readonly json?: true;
}

/** `weightspring experiment architectures`. */
export function addArchitecturesCommand(experiment: Command): void {
  experiment
    .command('architectures')
    .description('one page of all that the cards of flows tell; nothing is drawn or measured')
    .option('--flow <name...>', 'flows with cards; default: all', parseFlowNames)
    .addOption(modelsDirOption())
    .option(
      '--out <folder>',
      'folder for the page',
      parsePath,
      join('runs', 'experiment-architectures', 'results'),
    )
    .addOption(jsonOption())
    .hook('preAction', (action) => checkWritableFolder(action.opts<ArchitecturesFlags>().out))
    .action(architecturesCommand);
}

async function architecturesCommand(flags: ArchitecturesFlags): Promise<void> {
  const { modelsDir, out, json } = flags;
  const opened = await chosenFlows(flags);
  const flows = await Promise.all(opened.map((flow) => readCardedFlow(modelsDir, flow)));
  const chosen = flags.flow === undefined ? '' : ` --flow ${flags.flow.join(' ')}`;
  const command = `weightspring experiment architectures${chosen}`;
  const files = await writeResults(out, architectureFiles({ flows, command }));
  printResult({ files, flows }, json === true, () =>
    flows.map((flow) => `${flow.name}: ${withinLine(flow)}`).join('\n'),
  );
}

async function chosenFlows({
  flow,
  modelsDir,
}: ArchitecturesFlags): Promise<readonly OpenedFlow[]> {
  if (flow !== undefined) {
    return Promise.all(flow.map(async (name) => openFlow(await flowFolder(modelsDir, name))));
  }
  const { flows, refused } = await openFlows(modelsDir);
  sayRefused(refused);
  return flows;
}
