import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import { checkWritableFolder } from '../files/write-target.js';
import { checkNewFlow } from '../flows/check-new-flow.js';
import { createdTable } from './created-table.js';
import { addTaskOptions, chosenTask, type TaskFlags } from './data-options.js';
import { deviceOption } from './device.js';
import { openEngine, threadsOption } from './engine.js';
import { jsonOption, parseFlowName, parsePath, parsePositive, seedParser } from './options.js';
import { printResult, say } from './output.js';
import { withProgress } from './progress.js';
import { interruptSignal } from './signals.js';
import { supervisorPid } from './supervisor-link.js';

interface CreateFlags extends TaskFlags {
  readonly minutes: number;
  readonly out: string;
  readonly runDir?: string;
  readonly seed: number;
  readonly splitSeed: number;
  readonly device: DeviceChoice;
  readonly threads?: number;
  readonly json?: true;
}

/** `weightspring create`. */
export function addCreateCommand(program: Command): void {
  const command = program
    .command('create')
    .description(
      'make a flow for a data set, from its file to a flow that can be served; the same command ' +
        'continues a run that was stopped',
    )
    .argument('<name>', 'name of the flow', parseFlowName);
  addTaskOptions(command)
    .requiredOption('--out <folder>', 'folder of flows, in which it gets its own', parsePath)
    .option('--minutes <number>', 'how long it may take', parsePositive, 5)
    .option('--run-dir <folder>', 'what the run remembers; default: runs/create/NAME', parsePath)
    .option('--seed <integer>', 'of everything random but the split', seedParser, 1)
    .option('--split-seed <integer>', 'of the split into train, validation, test', seedParser, 0)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(createCommand);
}

async function createCommand(name: string, flags: CreateFlags): Promise<void> {
  const startMs = performance.now();
  const { out, minutes, seed, device, runDir = join('runs', 'create', name) } = flags;
  // Before the data are read, which may take a while.
  checkNewFlow({ name, folder: join(out, name) });
  await checkWritableFolder(join(out, name));
  await checkWritableFolder(runDir);
  const signal = interruptSignal(() => {
    say('stopping; the same command continues');
  });
  const task = await chosenTask(flags, { signal, split: { seed: flags.splitSeed } });
  const engine = await openEngine('ort', flags);
  // Loads onnxruntime, which other commands need not wait for.
  const { createFlow } = await import('../workflows/create-flow.js');
  const { flow, folder, ...created } = await withProgress('create', (onProgress) =>
    createFlow(name, task, {
      ...{ modelsDir: out, runDir, engine, device, minutes, startMs, seed, signal, onProgress },
      commands: [`npm run -s weightspring -- create ${name} --minutes ${minutes}`],
      supervisorPid: supervisorPid(),
      tell: say,
    }),
  );
  say(`wrote ${folder} in ${Math.round((performance.now() - startMs) / 1000)} s`);
  printResult({ flow, out: folder, ...created }, flags.json === true, () =>
    createdTable(name, resolve(out), created),
  );
}
