import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import type { Activation } from '../architecture/architecture.js';
import { ensure } from '../errors.js';
import { evaluateSamples } from '../evaluation/evaluate.js';
import { trainFresh } from '../evaluation/fresh.js';
import { readReference } from '../evaluation/read-reference.js';
import { reportTable } from '../evaluation/report.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { DEFAULT_MODELS_DIR } from '../package-info.js';
import { NETWORK_FORMATS, type FlowSummary, type NetworkFormat } from '../sampling/contracts.js';
import { checkCost } from '../sampling/job-check.js';
import { Sampler } from '../sampling/sampler.js';
import { loadTask } from '../zoo/prepared-task.js';
import { openEngine } from './engine.js';
import {
  activationOption,
  chosenArchitecture,
  integerParser,
  layersOption,
  seedParser,
} from './options.js';
import { printResult, say } from './output.js';

interface FlowFlags {
  readonly modelsDir: string;
  readonly json?: true;
}

interface SampleFlags extends FlowFlags {
  readonly flow: string;
  readonly layers: readonly number[];
  readonly activation?: Activation;
  readonly seed: number;
  readonly steps?: number;
}

/** What one command may cost: far above any sane use, below what exhausts a machine. */
const COMMAND_LIMITS = { maxCost: 1e11, maxBytes: 2 ** 31 };
const MAX_COUNT = 100_000;

/** `weightspring sample|evaluate|flows`. */
export function addFlowCommands(program: Command): void {
  const withFlow = (command: Command): Command =>
    command
      .requiredOption('--flow <name>', 'flow to sample from')
      .addOption(layersOption())
      .addOption(activationOption())
      .option('--seed <integer>', 'of the noise', seedParser, 1)
      .option(
        '--steps <integer>',
        "steps of the ODE solver; default: the flow's",
        integerParser(1, 100_000),
      )
      .option('--models-dir <folder>', 'folder of the flows', DEFAULT_MODELS_DIR)
      .option('--json', 'report as JSON');
  withFlow(program.command('sample'))
    .description('write freshly generated networks')
    .option('--count <integer>', 'networks', integerParser(1, MAX_COUNT), 1)
    .addOption(
      new Option('--format <name>', 'file format').choices(NETWORK_FORMATS).default('onnx'),
    )
    .requiredOption('--out <path>', 'file to write; with --count N: -0, -1, … before its extension')
    .action(sampleCommand);
  withFlow(program.command('evaluate'))
    .description("measure generated networks on the flow's data set")
    .option('--samples <integer>', 'networks', integerParser(1, MAX_COUNT), 64)
    .option(
      '--fresh <runs>',
      'also train this many networks of an architecture outside the zoo',
      integerParser(1, 1000),
    )
    .option('--data-dir <folder>', 'where the data sets are')
    .action(evaluateCommand);
  program
    .command('flows')
    .description('the flows at hand')
    .option('--models-dir <folder>', 'folder of the flows', DEFAULT_MODELS_DIR)
    .option('--json', 'report as JSON')
    .action(flowsCommand);
}

async function sampleCommand(
  flags: SampleFlags & { count: number; format: NetworkFormat; out: string },
): Promise<void> {
  const sampler = await Sampler.open({ modelsDir: flags.modelsDir });
  try {
    const job = {
      ...flowJob(sampler, flags),
      firstIndex: 0,
      count: flags.count,
      format: flags.format,
    };
    checkCost(job, COMMAND_LIMITS);
    const networks = await sampler.sample(job);
    const files: { path: string; sha256: string }[] = [];
    for (const { index, bytes, sha256 } of networks) {
      const path = flags.count === 1 ? flags.out : numbered(flags.out, index);
      await writeFileAtomic(path, bytes);
      files.push({ path, sha256 });
    }
    printResult({ ...job, files }, flags.json === true, () =>
      files.map(({ path }) => path).join('\n'),
    );
  } finally {
    await sampler.close();
  }
}

/** `net.onnx` → `net-3.onnx`. */
function numbered(path: string, index: number): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${index}${extension}`;
}

async function evaluateCommand(
  flags: SampleFlags & { samples: number; fresh?: number; dataDir?: string },
): Promise<void> {
  const sampler = await Sampler.open({ modelsDir: flags.modelsDir });
  try {
    const job = { ...flowJob(sampler, flags), firstIndex: 0, count: flags.samples };
    checkCost({ ...job, format: 'onnx' }, COMMAND_LIMITS);
    const reference = await readReference(flags.modelsDir, flags.flow);
    const task = await loadTask(reference.task, {
      split: reference.split,
      ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
    });
    const drawn = await sampler.sampleWeights(job);
    const fresh =
      flags.fresh === undefined
        ? undefined
        : await trainFresh(job.architecture, flags.fresh, task, await openEngine('ort'));
    const report = evaluateSamples({
      reference,
      architecture: job.architecture,
      networks: drawn.map(({ weights }) => weights),
      task,
      steps: job.steps,
      seed: job.seed,
      ...(fresh === undefined ? {} : { fresh }),
    });
    if (report.note !== null) say(report.note);
    printResult(report, flags.json === true, () => reportTable(report));
  } finally {
    await sampler.close();
  }
}

async function flowsCommand(flags: FlowFlags): Promise<void> {
  const sampler = await Sampler.open(flags);
  const flows = sampler.flows();
  await sampler.close();
  printResult({ flows }, flags.json === true, () => ({
    columns: ['flow', 'task', 'geometry', 'hidden layers', 'widths', 'description'].map(
      (header) => ({
        header,
      }),
    ),
    rows: flows.map(({ name, task, geometry, bounds, description }) => [
      name,
      task,
      geometry,
      `${bounds.hiddenLayers.min}…${bounds.hiddenLayers.max}`,
      `${bounds.width.min}…${bounds.width.max}`,
      description,
    ]),
  }));
}

function flowJob(
  sampler: Sampler,
  { flow: name, layers, activation, seed, steps }: SampleFlags,
): {
  flow: string;
  architecture: ReturnType<typeof chosenArchitecture>;
  seed: number;
  steps: number;
} {
  const flow: FlowSummary | undefined = sampler.flows().find((own) => own.name === name);
  ensure(
    flow !== undefined,
    'not-found',
    () =>
      `--flow: expected one of ${sampler
        .flows()
        .map((own) => own.name)
        .join(', ')}, got '${name}'`,
    '--flow',
  );
  return {
    flow: name,
    architecture: chosenArchitecture(layers, activation ?? flow.activations[0]),
    seed,
    steps: steps ?? flow.steps.default,
  };
}
