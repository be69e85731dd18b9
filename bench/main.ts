import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { printResult } from '../src/cli/output.js';
import type { Cell } from '../src/files/table.js';
import { DEFAULT_MODELS_DIR } from '../src/package-info.js';
import { measureDevice } from './device.js';
import { flatten, type Figures } from './flatten.js';
import { measureVelocity } from './relational.js';
import { measureSampler } from './sampler.js';
import { measureService } from './service.js';
import { measureTraining } from './training.js';

interface Options {
  readonly json: boolean;
  readonly only: readonly Measurement[];
  readonly modelsDir: string;
}

/** In the order in which they run. */
const MEASUREMENTS = {
  service: ({ modelsDir }: Options) => measureService(modelsDir),
  sampler: () => measureSampler(),
  training: () => measureTraining(),
  device: () => measureDevice(),
  velocity: () => measureVelocity(),
} as const;
type Measurement = keyof typeof MEASUREMENTS;
const names = Object.keys(MEASUREMENTS) as Measurement[];

const program = new Command('bench')
  .description('measures the service, the sampler and training; bench/README.md explains the keys')
  .option('--json', 'print one JSON object', false)
  .option('--only <names>', `some of ${names.join(',')}`, parseNames, names)
  .option('--models-dir <folder>', 'folder of the flows', DEFAULT_MODELS_DIR)
  .parse();
const options = program.opts<Options>();

try {
  const result: Record<string, Cell | Figures> = { provider: 'cpu' };
  for (const name of names.filter((known) => options.only.includes(known))) {
    process.stderr.write(`measuring: ${name}\n`);
    result[name] = { ...(await MEASUREMENTS[name](options)) };
  }
  printResult(result, options.json, () => ({
    columns: [{ header: 'key' }, { header: 'value' }],
    rows: flatten(result).map(([key, value]): readonly Cell[] => [key, value]),
  }));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function parseNames(text: string): readonly Measurement[] {
  return text.split(',').map((part) => {
    const name = names.find((known) => known === part.trim());
    if (name !== undefined) return name;
    throw new InvalidArgumentError(`expected some of ${names.join(',')}, got '${part}'`);
  });
}
