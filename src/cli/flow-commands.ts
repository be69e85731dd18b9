import { extname, join } from 'node:path';
import { Option, type Command } from 'commander';
import type { Activation } from '../architecture/architecture.js';
import { requireRequested, type DeviceChoice } from '../devices/device.js';
import { ensure } from '../errors.js';
import type { EvaluationReport } from '../evaluation/evaluate.js';
import { reportTable } from '../evaluation/report.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { readBytesIfPresent } from '../files/read-file.js';
import { checkWritableFolder } from '../files/write-target.js';
import { SOLVERS, type Solver } from '../flow/solvers/solver.js';
import { TIME_GRIDS } from '../flow/solvers/time-grid.js';
import { lineChart } from '../plots/index.js';
import { packNetworks } from '../sampling/archive.js';
import {
  INPUT_SCALINGS,
  NETWORK_FORMATS,
  type DrawJob,
  type FlowSummary,
  type GeneratedNetwork,
  type InputScaling,
  type NetworkFormat,
  type SampleJob,
} from '../sampling/contracts.js';
import type { FlowFigure } from '../sampling/flow-figures.js';
import { FLOW_FILES, readFlowConfig } from '../sampling/flow-store.js';
import { checkInputScaling } from '../sampling/input-scaling.js';
import { checkCost } from '../sampling/job-check.js';
import type { Sampler } from '../sampling/sampler.js';
import { completeSampling, type ChosenSampling } from '../sampling/sampling-options.js';
import { modelCard } from './card.js';
import { deviceOption } from './device.js';
import { evaluateJob, openEvaluation } from './evaluate-job.js';
import {
  activationOption,
  chosenArchitecture,
  dataDirOption,
  integerParser,
  jsonOption,
  layersOption,
  modelsDirOption,
  parseArchitectureList,
  parsePath,
  parseStochasticity,
  seedParser,
} from './options.js';
import { COMMAND_LIMITS } from './limits.js';
import { printResult, say } from './output.js';
import { partOf, withProgress, type ReportProgress } from './progress.js';
import { sampleInPieces } from './sample-in-pieces.js';
import { sampleOutput } from './sample-output.js';
import { interruptSignal } from './signals.js';

interface FlowFlags {
  readonly modelsDir: string;
  readonly json?: true;
}

interface JobFlags extends ChosenSampling {
  readonly flow: string;
  readonly layers: readonly number[];
  readonly activation?: Activation;
  readonly seed: number;
}

type SampleFlags = FlowFlags & JobFlags & { readonly device: DeviceChoice };

const MAX_COUNT = 100_000;
/** Solver steps that a card compares. */
const CARD_STEPS = [1, 2, 4, 8, 16, 32, 64];

const STEPS_CHART = 'steps.svg';
/** What a card consists of. */
const CARD_FILES = [FLOW_FILES.card, FLOW_FILES.figures, STEPS_CHART] as const;
type CardFile = (typeof CARD_FILES)[number];

/** `weightspring sample|evaluate|card|flows`. */
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
      .addOption(
        new Option('--solver <name>', "solver of the ODE; default: the flow's").choices(SOLVERS),
      )
      .addOption(
        new Option('--time-grid <name>', "where its steps end; default: the flow's").choices(
          TIME_GRIDS,
        ),
      )
      .option(
        '--stochasticity <strength[:from:to]>',
        'noise before each step that starts in [from, to), as a multiple of the root of its ' +
          "length; default: the flow's",
        parseStochasticity,
      )
      .addOption(deviceOption())
      .addOption(modelsDirOption())
      .addOption(jsonOption());
  withFlow(program.command('sample'))
    .description('write freshly generated networks')
    .option('--count <integer>', 'networks', integerParser(1, MAX_COUNT), 1)
    .addOption(
      new Option(
        '--format <name>',
        'file format; default: the one that --out ends in, else onnx',
      ).choices(NETWORK_FORMATS),
    )
    .addOption(
      new Option(
        '--input-scaling <kind>',
        'what the network takes: folded is raw features; separate, for safetensors and npz, is ' +
          'features standardised by the mean and scale in the metadata',
      )
        .choices(INPUT_SCALINGS)
        .default('folded'),
    )
    .requiredOption(
      '--out <path>',
      'file to write; with --count N: -0, -1, … before its extension, or one archive as .zip',
      parsePath,
    )
    .action(sampleCommand);
  withFlow(program.command('evaluate'))
    .description("measure generated networks on the flow's data set")
    .option('--samples <integer>', 'networks', integerParser(1, MAX_COUNT), 64)
    .option(
      '--fresh <runs>',
      'also train this many networks of an architecture outside the zoo',
      integerParser(1, 1000),
    )
    .addOption(dataDirOption())
    .action(evaluateCommand);
  program
    .command('card')
    .description('measure a flow and write its model card, figures and chart into its folder')
    .requiredOption('--flow <name>', 'flow to measure')
    .addOption(
      new Option('--architectures <list>', 'what to measure: 30,16,16,2;30,14,2')
        .argParser(parseArchitectureList)
        .makeOptionMandatory(),
    )
    .option('--samples <integer>', 'networks of each', integerParser(2, MAX_COUNT), 64)
    .option(
      '--fresh <runs>',
      'networks trained of each outside the zoo',
      integerParser(1, 1000),
      20,
    )
    .option('--seed <integer>', 'of the noise', seedParser, 1)
    .option('--command <text...>', 'commands that trained the flow, for the record', [])
    .option('--out <folder>', "folder to write to; default: the flow's own", parsePath)
    .option('--overwrite', 'replace a card that is there')
    .addOption(deviceOption())
    .addOption(modelsDirOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(cardCommand);
  program
    .command('flows')
    .description('the flows at hand')
    .addOption(modelsDirOption())
    .addOption(jsonOption())
    .action(flowsCommand);
}

async function sampleCommand(
  flags: SampleFlags & {
    count: number;
    format?: NetworkFormat;
    inputScaling: InputScaling;
    out: string;
  },
): Promise<void> {
  const signal = interruptSignal();
  const { count, inputScaling, out } = flags;
  const { format, isArchive } = sampleOutput(out, flags.format);
  checkInputScaling({ format, inputScaling });
  const sampler = await openSampler(flags);
  try {
    const job = { ...flowJob(sampler, flags), firstIndex: 0, count, format, inputScaling };
    checkCost(sampler.flow(job.flow), job, COMMAND_LIMITS);
    const save = async (
      path: string,
      { bytes, sha256 }: { readonly bytes: Uint8Array; readonly sha256: string },
    ): Promise<{ path: string; sha256: string }> => {
      await writeFileAtomic(path, bytes);
      return { path, sha256 };
    };
    const packed: GeneratedNetwork[] = [];
    const draw = async (piece: SampleJob): Promise<{ path: string; sha256: string }[]> => {
      const networks = await sampler.sample(piece, { signal });
      if (isArchive) {
        packed.push(...networks);
        return [];
      }
      const saved: { path: string; sha256: string }[] = [];
      for (const network of networks) {
        saved.push(await save(count === 1 ? out : numbered(out, network.index), network));
      }
      return saved;
    };
    const written = await withProgress('sample', (onProgress) =>
      sampleInPieces(job, draw, { signal, onProgress }),
    );
    const files = isArchive ? [await save(out, packNetworks(job, packed))] : written;
    printResult(
      { ...job, device: sampler.device.provider, files },
      flags.json === true,
      () => files.map(({ path }) => path).join('\n'),
      out,
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
  const signal = interruptSignal();
  const sampler = await openSampler(flags);
  try {
    const job = { ...flowJob(sampler, flags), firstIndex: 0, count: flags.samples };
    const context = await openEvaluation(sampler, flags.modelsDir, flags.flow, flags.dataDir);
    const report = await withProgress('evaluate', (progress) =>
      evaluateJob(context, job, { fresh: flags.fresh, signal, report: progress }),
    );
    if (report.note !== null) say(report.note);
    printResult(report, flags.json === true, () => reportTable(report));
  } finally {
    await sampler.close();
  }
}

async function cardCommand(flags: {
  flow: string;
  modelsDir: string;
  samples: number;
  fresh: number;
  seed: number;
  command: readonly string[];
  architectures: ReturnType<typeof parseArchitectureList>;
  device: DeviceChoice;
  out?: string;
  overwrite?: true;
  dataDir?: string;
  json?: true;
}): Promise<void> {
  const signal = interruptSignal();
  const folder = flags.out ?? join(flags.modelsDir, flags.flow);
  await checkWritableFolder(folder);
  if (flags.overwrite !== true) await checkNoCard(folder);
  const sampler = await openSampler(flags);
  try {
    const { flow, modelsDir, seed, samples: count } = flags;
    const context = await openEvaluation(sampler, modelsDir, flow, flags.dataDir);
    const measure = (
      progress: ReportProgress,
      layers: readonly number[],
      steps?: number,
    ): Promise<EvaluationReport> => {
      const job = flowJob(sampler, {
        flow,
        layers,
        seed,
        ...(steps === undefined ? {} : { steps }),
      });
      return evaluateJob(
        context,
        { ...job, firstIndex: 0, count },
        { fresh: flags.fresh, signal, report: progress },
      );
    };
    const reports: EvaluationReport[] = [];
    const bySteps: EvaluationReport[] = [];
    await withProgress('card', async (progress) => {
      const parts = flags.architectures.length + CARD_STEPS.length;
      for (const [index, { layers }] of flags.architectures.entries()) {
        reports.push(await measure(partOf(progress, index, parts), layers));
      }
      const probe = flags.architectures[0]?.layers ?? [];
      for (const [index, steps] of CARD_STEPS.entries()) {
        const part = partOf(progress, flags.architectures.length + index, parts);
        bySteps.push(await measure(part, probe, steps));
      }
    });
    const config = await readFlowConfig(join(modelsDir, flow));
    const figures = reports.map((report) => toFigure(report, config.solver));
    const contents: Readonly<Record<CardFile, string>> = {
      [FLOW_FILES.card]: modelCard({ config, reports, bySteps, commands: flags.command }),
      [FLOW_FILES.figures]: `${JSON.stringify(figures, null, 2)}\n`,
      [STEPS_CHART]: stepsChart(flow, bySteps),
    };
    for (const name of CARD_FILES) await writeFileAtomic(join(folder, name), contents[name]);
    const files = CARD_FILES.map((name) => join(folder, name));
    say(`wrote ${files.join(', ')}`);
    printResult(
      { flow, sha256: config.sha256, files, figures, reports, bySteps },
      flags.json === true,
      () => files.join('\n'),
    );
  } finally {
    await sampler.close();
  }
}

/** A card is measured for minutes, and may be a committed one: it is replaced only when asked for. */
async function checkNoCard(folder: string): Promise<void> {
  for (const name of CARD_FILES) {
    const path = join(folder, name);
    const known = await readBytesIfPresent(path, { what: 'a model card' });
    ensure(
      known === null,
      'invalid-argument',
      () => `'${path}' is there: pass --overwrite to replace it, or --out for another folder`,
      '--overwrite',
    );
  }
}

function toFigure(report: EvaluationReport, solver: Solver): FlowFigure {
  const { architecture, steps, samples, zoo } = report;
  return {
    layers: [...architecture.layers],
    solver,
    steps,
    samples: samples.count,
    accuracy: { mean: samples.accuracy.mean, min: samples.accuracy.min },
    crossEntropy: samples.crossEntropy.mean,
    trainedAccuracy: zoo.accuracy.mean,
  };
}

function stepsChart(flow: string, reports: readonly EvaluationReport[]): string {
  const series = (
    name: string,
    value: (report: EvaluationReport) => number,
  ): { name: string; points: [number, number][] } => ({
    name,
    points: reports.map((report) => [report.steps, value(report)]),
  });
  return lineChart({
    title: `Test accuracy of samples of ${flow} against solver steps`,
    xLabel: 'steps',
    yLabel: 'accuracy',
    logX: true,
    series: [
      series('mean of samples', ({ samples }) => samples.accuracy.mean),
      series('worst sample', ({ samples }) => samples.accuracy.min),
      series('averaged', ({ averaged }) => averaged.accuracy),
    ],
  });
}

/** Loads onnxruntime only now: the process that serves leaves it to its children. */
async function openSampler({
  modelsDir,
  device = 'cpu',
}: {
  readonly modelsDir: string;
  readonly device?: DeviceChoice;
}): Promise<Sampler> {
  const { Sampler } = await import('../sampling/sampler.js');
  const sampler = await Sampler.open({ modelsDir, device });
  requireRequested(sampler.device);
  return sampler;
}

async function flowsCommand(flags: FlowFlags): Promise<void> {
  const sampler = await openSampler(flags);
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
  { flow: name, layers, activation, seed, ...chosen }: JobFlags,
): Omit<DrawJob, 'firstIndex' | 'count'> {
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
    ...completeSampling(flow, chosen),
  };
}
