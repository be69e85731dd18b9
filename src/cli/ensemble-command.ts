import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import { ensure } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { checkWritableFile } from '../files/write-target.js';
import { sha256 } from '../flows/flow-store.js';
import { ensembleOfFiles, type EnsembleFilesOptions } from '../formats/ensemble-files.js';
import { DEFAULT_NETWORK_FORMAT, fileFormat } from '../formats/network-format.js';
import { ACTIVATIONS } from '../network/architecture.js';
import { jsonOption, parsePath } from './options.js';
import { printResult } from './output.js';

interface EnsembleFlags extends EnsembleFilesOptions {
  readonly out: string;
  readonly json?: true;
}

/** `weightspring ensemble`. */
export function addEnsembleCommand(program: Command): void {
  program
    .command('ensemble')
    .description(
      'make one ONNX classifier of several: the mean of their probabilities, its entropy, and how ' +
        'much they disagree',
    )
    .argument('<file>', 'network: .onnx of ours, .safetensors or .npz', parsePath)
    .argument('[files...]', 'networks of the same features and classes')
    .requiredOption('--out <file>', '.onnx file to write', parsePath)
    .addOption(memberProbabilitiesOption())
    .addOption(
      new Option('--activation <name>', 'of .safetensors and .npz files that do not name it')
        .choices(ACTIVATIONS)
        .default('relu'),
    )
    .addOption(
      new Option(
        '--input-scaling <kind>',
        'of .safetensors and .npz files that do not name it: folded where they take raw features',
      ).choices(['folded']),
    )
    .addOption(jsonOption())
    .action(ensembleCommand);
}

/** `--member-probabilities`, of whatever writes ensembles. */
export const memberProbabilitiesOption = (): Option =>
  new Option('--member-probabilities', 'an ensemble also gives the probabilities of each member');

async function ensembleCommand(
  first: string,
  others: readonly string[],
  { out, json, ...options }: EnsembleFlags,
): Promise<void> {
  const { extension } = fileFormat(DEFAULT_NETWORK_FORMAT);
  ensure(
    ['', extension].includes(extname(out).toLowerCase()),
    'invalid-argument',
    () => `--out: expected a name that ends in ${extension}, got '${out}'`,
    '--out',
  );
  await checkWritableFile(out);
  const { bytes, members, stacks } = await ensembleOfFiles([first, ...others], options);
  await writeFileAtomic(out, bytes);
  const file = { path: out, sha256: sha256(bytes) };
  printResult({ ...file, members, stacks }, json === true, () => out, out);
}
