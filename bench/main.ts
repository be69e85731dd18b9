import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { deviceOption, openProvider } from '../src/cli/device.js';
import { printResult } from '../src/cli/output.js';
import type { DeviceChoice } from '../src/devices/device.js';
import type { Cell } from '../src/files/table.js';
import { DEFAULT_MODELS_DIR } from '../src/package-info.js';
import { flatten, type Figures } from './flatten.js';
import { MEASUREMENTS, type Measurement } from './measurements.js';

interface Options {
  readonly json: boolean;
  readonly only: readonly Measurement[];
  readonly modelsDir: string;
  readonly device: DeviceChoice;
}

const names = Object.keys(MEASUREMENTS) as Measurement[];

const program = new Command('bench')
  .description('measures the service, the sampler and training; bench/README.md explains the keys')
  .option('--json', 'print one JSON object', false)
  .option('--only <names>', `some of ${names.join(',')}`, parseNames, names)
  .option('--models-dir <folder>', 'folder of the flows', DEFAULT_MODELS_DIR)
  .addOption(deviceOption())
  .parse();
const options = program.opts<Options>();

try {
  const provider = await openProvider(options.device);
  const result: Record<string, Cell | Figures> = { provider };
  for (const name of names.filter((known) => options.only.includes(known))) {
    process.stderr.write(`measuring: ${name}\n`);
    result[name] = { ...(await MEASUREMENTS[name]({ ...options, provider })) };
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
