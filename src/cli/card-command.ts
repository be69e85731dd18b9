import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import type { EvaluationReport } from '../evaluation/evaluate.js';
import { ensure } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { readBytesIfPresent } from '../files/read-file.js';
import { checkWritableFolder } from '../files/write-target.js';
import { lineChart } from '../plots/index.js';
import type { FlowConfig } from '../flows/flow-config.js';
import { FLOW_FILES, readFlowConfig } from '../flows/flow-store.js';
import { usualArchitecture } from '../flows/usual-architecture.js';
import type { Architecture } from '../network/architecture.js';
import { modelCard } from '../evaluation/card.js';
import { deviceOption } from './device.js';
import { openEvaluation } from '../evaluation/evaluate-job.js';
import { openSampler } from './flow-job.js';
import { FlowMeasurement } from './measure-flow.js';
import {
  chosenArchitectures,
  parseArchitectureList,
  type ListedArchitecture,
} from './architecture-options.js';
import {
  dataDirOption,
  integerParser,
  jsonOption,
  modelsDirOption,
  parseFlowName,
  parsePath,
  seedParser,
} from './options.js';
import { printResult, say } from './output.js';
import { interruptSignal } from './signals.js';

interface CardFlags {
  readonly flow: string;
  readonly modelsDir: string;
  readonly samples: number;
  readonly fresh: number;
  readonly seed: number;
  readonly command: readonly string[];
  readonly architectures?: readonly ListedArchitecture[];
  readonly corners: boolean;
  readonly device: DeviceChoice;
  readonly out?: string;
  readonly overwrite?: true;
  readonly dataDir?: string;
  readonly json?: true;
}

const MAX_SAMPLES = 100_000;
/** Solver steps that a card compares. */
const CARD_STEPS = [1, 2, 4, 8, 16, 32, 64];

const STEPS_CHART = 'steps.svg';
/** What a card consists of. */
const CARD_FILES = [FLOW_FILES.card, FLOW_FILES.figures, STEPS_CHART] as const;
type CardFile = (typeof CARD_FILES)[number];

/** `weightspring card`. */
export function addCardCommand(program: Command): void {
  program
    .command('card')
    .description(
      'measure a flow and write its model card, figures and chart, by which it is then served',
    )
    .requiredOption('--flow <name>', 'flow to measure', parseFlowName)
    .addOption(
      new Option(
        '--architectures <list>',
        "what to measure: 30-16-16-2;30-14-2, @file for a graph; default: the flow's usual one",
      ).argParser(parseArchitectureList),
    )
    .option('--no-corners', 'do not measure the narrowest and widest networks of each depth too')
    .option('--samples <integer>', 'networks of each', integerParser(2, MAX_SAMPLES), 64)
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
}

async function cardCommand(flags: CardFlags): Promise<void> {
  const signal = interruptSignal();
  const { flow, modelsDir, seed, samples, fresh } = flags;
  const folder = flags.out ?? join(modelsDir, flow);
  await checkWritableFolder(folder);
  if (flags.overwrite !== true) await checkNoCard(folder);
  const sampler = await openSampler(flags);
  try {
    // Refused flows tell their reason here.
    sampler.flow(flow);
    const config = await readFlowConfig(join(modelsDir, flow));
    const context = await openEvaluation(sampler, modelsDir, flow, flags.dataDir);
    const measurement = new FlowMeasurement({ context, config, samples, fresh, seed, signal });
    const chosen = await architecturesOf(flags, config);
    for (const architecture of chosen) measurement.check(architecture);
    for (const architecture of chosen) await measurement.measure(architecture);
    if (flags.corners) await measurement.measureCorners();
    const bySteps: EvaluationReport[] = [];
    for (const probe of chosen.slice(0, 1)) {
      for (const steps of CARD_STEPS) bySteps.push(await measurement.measure(probe, steps));
    }
    const { reports, figures } = measurement;
    const contents: Readonly<Record<CardFile, string>> = {
      [FLOW_FILES.card]: modelCard({ config, figures, reports, bySteps, commands: flags.command }),
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

/** Those of the flags, or the flow's usual one. */
async function architecturesOf(
  { architectures }: CardFlags,
  config: FlowConfig,
): Promise<readonly Architecture[]> {
  if (architectures !== undefined) {
    return chosenArchitectures(architectures, undefined, config.activations[0]);
  }
  const usual = usualArchitecture(config);
  ensure(
    usual !== null,
    'invalid-argument',
    () => `config.json of flow ${config.name} lists no architectures: name those to measure`,
    '--architectures',
  );
  return [usual];
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
