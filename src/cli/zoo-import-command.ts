import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ImportedInputs } from '../evaluation/import-population.js';
import { parseDecimal } from '../files/parse-decimal.js';
import { checkWritableFile } from '../files/write-target.js';
import { ACTIVATIONS, type Activation } from '../network/architecture.js';
import { importZoo } from '../workflows/import-zoo.js';
import { writeZoo } from '../zoo/zoo-file.js';
import { addTaskOptions, chosenTask, type TaskFlags } from './data-options.js';
import { jsonOption, parsePath, seedParser } from './options.js';
import { say } from './output.js';
import { withProgress } from './progress.js';
import { reportZoo } from './report-zoo.js';
import { interruptSignal } from './signals.js';

interface ZooImportFlags extends TaskFlags {
  readonly activation: Activation;
  readonly inputs: ImportedInputs;
  readonly splitSeed: number;
  readonly out: string;
  readonly json?: true;
}

/** `weightspring zoo import`. */
export function addZooImportCommand(zoo: Command): void {
  const command = zoo
    .command('import')
    .description('make a zoo of networks that were trained elsewhere, and measure them')
    .argument('<paths...>', 'folders, .zip archives, .safetensors, .npz and .onnx files');
  addTaskOptions(command)
    .addOption(
      new Option('--activation <name>', 'of files that do not tell, as graphs do')
        .choices(ACTIVATIONS)
        .default('relu'),
    )
    .addOption(
      new Option(
        '--inputs <kind>',
        'what the networks take: raw features, standardised ones, or MEAN:SCALE for (x − MEAN) / ' +
          'SCALE, such as 0:255; of graphs that scale their inputs it follows from them',
      )
        .argParser(parseInputs)
        .default('standardised'),
    )
    .option('--split-seed <integer>', 'of the split into train, validation, test', seedParser, 0)
    .requiredOption('--out <file>', 'zoo file to write', parsePath)
    .addOption(jsonOption())
    .action(importCommand);
}

function parseInputs(text: string): ImportedInputs {
  if (text === 'raw' || text === 'standardised') return text;
  const [mean = NaN, scale = NaN, ...rest] = text.split(':').map(parseDecimal);
  if (Number.isFinite(mean) && scale > 0 && scale < Infinity && rest.length === 0) {
    return { mean, scale };
  }
  throw new InvalidArgumentError(`expected raw, standardised or MEAN:SCALE, got '${text}'`);
}

async function importCommand(paths: readonly string[], flags: ZooImportFlags): Promise<void> {
  const { activation, inputs, out } = flags;
  await checkWritableFile(out);
  const signal = interruptSignal();
  const task = await chosenTask(flags, { signal, split: { seed: flags.splitSeed } });
  const { zoo, advice } = await withProgress('import', (onProgress) =>
    importZoo(paths, task, { activation, inputs, signal, onProgress }),
  );
  for (const line of advice) say(line);
  await writeZoo(zoo, out);
  say(`wrote ${out}`);
  reportZoo(zoo, flags.json === true, out);
}
