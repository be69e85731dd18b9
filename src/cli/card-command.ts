import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { DeviceChoice } from '../devices/device.js';
import type { ScrutinisedReport } from '../evaluation/evaluate-job.js';
import { ensure } from '../errors.js';
import { writeFileAtomic } from '../files/atomic-write.js';
import { readBytesIfPresent } from '../files/read-file.js';
import { checkWritableFolder } from '../files/write-target.js';
import type { FlowConfig } from '../flows/flow-config.js';
import { figuresText } from '../flows/flow-figures.js';
import { flowFolder } from '../flows/flow-folder.js';
import { FLOW_FILES, readFlowConfig } from '../flows/flow-store.js';
import { averagesChart, stepsChart } from '../evaluation/card-charts.js';
import { modelCard } from '../evaluation/card.js';
import { addDataOptions } from './data-options.js';
import { deviceOption } from './device.js';
import { openEvaluation } from '../evaluation/evaluation-context.js';
import type { DataFiles } from '../evaluation/known-task.js';
import { openSampler } from './flow-job.js';
import { FlowMeasurement } from './measure-flow.js';
import {
  flowArchitectures,
  parseArchitectureList,
  type ListedArchitecture,
} from './architecture-options.js';
import {
  integerParser,
  jsonOption,
  modelsDirOption,
  parseFlowName,
  parsePath,
  seedParser,
  zooOption,
} from './options.js';
import { printResult, say } from './output.js';
import { interruptSignal } from './signals.js';

interface CardFlags extends DataFiles {
  readonly flow: string;
  readonly modelsDir: readonly string[];
  readonly samples: number;
  readonly fresh: number;
  readonly seed: number;
  readonly command: readonly string[];
  readonly architectures?: readonly ListedArchitecture[];
  readonly corners: boolean;
  readonly device: DeviceChoice;
  readonly out?: string;
  readonly overwrite?: true;
  /** False for none. */
  readonly nulls?: number | false;
  readonly zoo?: string;
  readonly json?: true;
}

const MAX_SAMPLES = 100_000;
/** Solver steps that a card compares, beside the flow's own. */
const CARD_STEPS = [1, 2, 4, 8, 32];
/** Of these, those whose novelty and diversity are measured too. */
const SCRUTINISED_STEPS = [1, 32];

const STEPS_CHART = 'steps.svg';
const AVERAGES_CHART = 'averages.svg';
/** What a card consists of. */
const CARD_FILES = [FLOW_FILES.card, FLOW_FILES.figures, STEPS_CHART, AVERAGES_CHART] as const;
type CardFile = (typeof CARD_FILES)[number];

/** `weightspring card`. */
export function addCardCommand(program: Command): void {
  const card = program
    .command('card')
    .description(
      'measure a flow and write its model card, figures and chart, by which it is then served',
    );
  addDataOptions(card)
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
      'networks trained of each: outside the zoo to compare with, inside it as held-out runs',
      integerParser(1, 1000),
      20,
    )
    .option('--seed <integer>', 'of the noise', seedParser, 1)
    .option(
      '--nulls <count>',
      'architectures, from the first on, that nulls are measured at; at the others only distances ' +
        'and diversity (default: all)',
      integerParser(0, 100_000),
    )
    .option('--no-nulls', 'measure neither nulls nor distances nor diversity')
    .addOption(zooOption())
    .option('--command <text...>', 'commands that trained the flow, for the record', [])
    .option('--out <folder>', "folder to write to; default: the flow's own", parsePath)
    .option('--overwrite', 'replace a card that is there')
    .addOption(deviceOption())
    .addOption(modelsDirOption())
    .addOption(jsonOption())
    .action(cardCommand);
}

async function cardCommand(flags: CardFlags): Promise<void> {
  const signal = interruptSignal();
  const { flow, modelsDir, seed, samples, fresh } = flags;
  const own = await flowFolder(modelsDir, flow);
  const folder = flags.out ?? own;
  await checkWritableFolder(folder);
  if (flags.overwrite !== true) await checkNoCard(folder);
  const sampler = await openSampler(flags);
  try {
    // Refused flows tell their reason here.
    sampler.flow(flow);
    const config = await readFlowConfig(own);
    const context = await openEvaluation(sampler, modelsDir, flow, flags);
    const measurement = new FlowMeasurement({ context, config, samples, fresh, seed, signal });
    const chosen = await flowArchitectures(flags.architectures, config);
    for (const architecture of chosen) measurement.check(architecture);
    const { nulls = chosen.length } = flags;
    for (const [index, architecture] of chosen.entries()) {
      const scrutiny = index < Number(nulls) ? 'all' : 'samples';
      await measurement.measure(architecture, nulls === false ? {} : { scrutiny });
    }
    if (flags.corners) await measurement.measureCorners();
    const bySteps: ScrutinisedReport[] = [];
    for (const steps of stepsOf(config)) {
      const isScrutinised = nulls !== false && SCRUTINISED_STEPS.includes(steps);
      const options = isScrutinised ? { steps, scrutiny: 'samples' as const } : { steps };
      for (const probe of chosen.slice(0, 1))
        bySteps.push(await measurement.measure(probe, options));
    }
    const { reports, figures, scrutinies } = measurement;
    const contents: Readonly<Record<CardFile, string | null>> = {
      [FLOW_FILES.card]: modelCard({ config, figures, reports, bySteps, commands: flags.command }),
      [FLOW_FILES.figures]: figuresText(figures, scrutinies),
      [STEPS_CHART]: stepsChart(flow, bySteps),
      [AVERAGES_CHART]: averagesChart(reports),
    };
    const written = CARD_FILES.flatMap((name) => {
      const content = contents[name];
      return content === null ? [] : [{ path: join(folder, name), content }];
    });
    for (const { path, content } of written) await writeFileAtomic(path, content);
    const files = written.map(({ path }) => path);
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

/** Ascending. */
function stepsOf({ steps }: FlowConfig): readonly number[] {
  return [...new Set([...CARD_STEPS, steps.default])].sort((a, b) => a - b);
}

/** Those of the flags, or the flow's usual one. */
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
