import { architectureKey, architectureName, type Architecture } from '../network/architecture.js';
import { scrutinySection, STEPS_SCRUTINY_HEADERS, stepsScrutiny } from './card-scrutiny.js';
import type { ScrutinisedReport } from './evaluate-job.js';
import type { DepthBounds, WidthRange } from '../flows/flow-summary.js';
import type { FlowConfig } from '../flows/flow-config.js';
import { describeHeldOut } from '../flows/held-out-record.js';
import { SERVED_BAR, type FlowFigure } from '../flows/flow-figures.js';
import {
  failureOf,
  fewestSteps,
  isExtrapolated,
  servedDepths,
  type ServingFlow,
} from '../flows/served-region.js';
import { formatMarkdownTable, type Table } from '../files/table.js';

export interface CardOptions {
  readonly config: FlowConfig;
  /** Everything that was measured: what the flow serves follows from it. */
  readonly figures: readonly FlowFigure[];
  /** One per architecture, at the flow's default steps. */
  readonly reports: readonly ScrutinisedReport[];
  /** One per number of steps, of one architecture. */
  readonly bySteps: readonly ScrutinisedReport[];
  /** The commands that trained the flow and measured this, one a line. */
  readonly commands: readonly string[];
}

/** The model card of a stored flow, Markdown with a YAML header. */
export function modelCard({ config, figures, reports, bySteps, commands }: CardOptions): string {
  const { name, task, classNames, featureNames, steps } = config;
  const [first] = reports;
  const probe = bySteps[0] ?? first;
  const flow = servingFlow(config, figures);
  const heldOut = describeHeldOut(config);
  return [
    '---',
    `name: ${name}`,
    'license: mit',
    `task: ${task}`,
    `geometry: ${config.geometry}`,
    `velocity: ${config.velocity.kind}`,
    `sha256: ${config.sha256}`,
    '---',
    '',
    `# ${name}`,
    '',
    `${config.description}.${bestOf(reports, flow)}`,
    '',
    '## Use',
    '',
    `Samples classifiers of ${featureNames.length} raw features into ${classNames.length} classes ` +
      `(${classNames.join(', ')}). Default ${steps.default} steps of ${config.solver}` +
      `${flow.steps.min > 1 ? `, at least ${flow.steps.min}` : ''}.`,
    '',
    formatMarkdownTable(depthTable(flow.bounds.depths)),
    '',
    '## Limits',
    '',
    '- The data set and the split are those of the zoo: the networks know nothing else, and a ' +
      'figure on another split is another figure.',
    '- Networks outside the hull of the zoo, wider or narrower than all that it has at their depth, ' +
      'are marked as extrapolated. Where samples were measured to fail, networks are refused: a mean ' +
      `skill below ${SERVED_BAR.skill}, or more than one in ${1 / SERVED_BAR.broken} broken, which ` +
      'is a skill below ½; 1 is as good as trained networks on the validation part, 0 as good as ' +
      'guessing the commonest class. So are networks less than half as far above guessing as the ' +
      'best trained networks below, even where training itself does no better.',
    `- ${task === 'wdbc' ? 'Not a medical device: the' : 'The'} networks are as good, and as limited, ` +
      `as small perceptrons on ${config.data === undefined ? 'a public data set' : 'these data'}.`,
    '',
    '## Measured',
    '',
    `Test part of the split (seed ${String(first?.split.seed)}, ${String(first?.split.rows)} rows), ` +
      `${String(first?.samples.count)} samples of seed ${String(first?.seed)}, ` +
      `${String(first?.steps)} steps. "Trained" are the zoo's final networks of that architecture ` +
      `or, where the zoo has none (marked *), ${freshRuns(config, reports)}freshly trained ones.`,
    '',
    formatMarkdownTable(architectureTable(config, reports)),
    '',
    'What follows for serving, from the validation part:',
    '',
    formatMarkdownTable(servingTable(reports, flow)),
    '',
    'Error overlap (IoU) with the nearest network of the zoo, for samples and between independently ' +
      'trained networks, and accuracies of the baselines:',
    '',
    formatMarkdownTable(noveltyTable(reports)),
    '',
    `Against the number of steps, ${probe === undefined ? '' : architectureName(probe.architecture)}:`,
    '',
    formatMarkdownTable(stepsTable(bySteps)),
    '',
    '![accuracy against steps](steps.svg)',
    '',
    ...scrutinySection(reports),
    '## Training',
    '',
    ...(heldOut === null ? [] : [heldOut, '']),
    '```json',
    JSON.stringify(config.training, null, 2),
    '```',
    '',
    '![loss curve](loss.svg)',
    '',
    '## Commands',
    '',
    '```sh',
    ...commands,
    '```',
    '',
  ].join('\n');
}

function servingFlow(config: FlowConfig, figures: readonly FlowFigure[]): ServingFlow {
  const depths = servedDepths(config, figures, config.steps.default);
  const min = fewestSteps(figures, config.steps.default);
  return { bounds: { ...config.bounds, depths }, figures, steps: { min, ...config.steps } };
}

/** Says where the flow does best of what it serves. */
function bestOf(reports: readonly ScrutinisedReport[], flow: ServingFlow): string {
  const served = reports.filter(({ architecture }) => failureOf(flow, architecture) === undefined);
  const [best] = [...served].sort((a, b) => b.samples.accuracy.mean - a.samples.accuracy.mean);
  if (best === undefined) return '';
  const { architecture, samples, zoo } = best;
  const where = isExtrapolated(flow, architecture) ? ', outside the hull of its zoo' : '';
  const trained =
    zoo.accuracy.mean === null ? '' : `, trained ones ${zoo.accuracy.mean.toFixed(4)}`;
  return (
    ` Best of what was measured: ${architectureName(architecture)}${where}, mean accuracy ` +
    `${samples.accuracy.mean.toFixed(4)}, worst ${samples.accuracy.min.toFixed(4)}${trained}.`
  );
}

/** `20 ` where that many were trained of each. */
function freshRuns(config: FlowConfig, reports: readonly ScrutinisedReport[]): string {
  const fresh = reports.filter(({ architecture }) => !isOfZoo(config, architecture));
  const runs = fresh.map(({ zoo }) => zoo.runs);
  return runs.every((count) => count === runs[0]) && typeof runs[0] === 'number'
    ? `${runs[0]} `
    : '';
}

function isOfZoo({ architectures }: FlowConfig, arch: Architecture): boolean {
  return architectures.some((measured) => architectureKey(measured) === architectureKey(arch));
}

function depthTable(depths: readonly DepthBounds[]): Table {
  const range = ({ min, max }: WidthRange): string => (min === max ? `${min}` : `${min} to ${max}`);
  return {
    columns: headers('hidden layers', 'activation', 'widths of the zoo', 'widths served'),
    rows: depths.map(({ hiddenLayers, activation, zoo, width }) => [
      String(hiddenLayers),
      activation,
      zoo === null ? null : range(zoo),
      range(width),
    ]),
  };
}

function servingTable(reports: readonly ScrutinisedReport[], flow: ServingFlow): Table {
  return {
    columns: headers('architecture', 'skill', 'broken', 'trained', 'guessing', 'networks'),
    rows: reports.map(({ architecture, judgement }) => [
      architectureKey(architecture),
      judgement?.skill ?? null,
      judgement?.broken ?? null,
      judgement?.trained.accuracy ?? null,
      judgement?.guessing ?? null,
      failureOf(flow, architecture) !== undefined
        ? 'refused'
        : isExtrapolated(flow, architecture)
          ? 'extrapolated'
          : 'served',
    ]),
  };
}

function architectureTable(config: FlowConfig, reports: readonly ScrutinisedReport[]): Table {
  return {
    columns: headers(
      'architecture',
      'samples',
      '± std',
      'worst',
      'cross-entropy',
      'ECE',
      'averaged',
      'trained',
      'worst trained',
      'trained cross-entropy',
    ),
    rows: reports.map(({ architecture, samples, averaged, zoo }) => [
      `${architectureKey(architecture)}${isOfZoo(config, architecture) ? '' : ' *'}`,
      samples.accuracy.mean,
      samples.accuracy.std,
      samples.accuracy.min,
      samples.crossEntropy.mean,
      samples.ece.mean,
      averaged.accuracy,
      zoo.accuracy.mean,
      zoo.accuracy.min,
      zoo.crossEntropy.mean,
    ]),
  };
}

function noveltyTable(reports: readonly ScrutinisedReport[]): Table {
  return {
    columns: headers(
      'architecture',
      'overlap',
      'independent overlap',
      'novel and accurate',
      'interpolation of 2',
      'soup of 16',
    ),
    rows: reports.map(({ architecture, novelty, baselines }) => [
      architectureKey(architecture),
      novelty.maxErrorIoU,
      novelty.independentMaxErrorIoU,
      novelty.novelAndAccurate,
      baselines.interpolation.accuracy,
      baselines.soup.accuracy,
    ]),
  };
}

function stepsTable(reports: readonly ScrutinisedReport[]): Table {
  return {
    columns: headers(
      ...['steps', 'accuracy', 'worst', 'cross-entropy', 'averaged'],
      ...STEPS_SCRUTINY_HEADERS,
    ),
    rows: reports.map(({ steps, samples, averaged, scrutiny }) => [
      steps,
      samples.accuracy.mean,
      samples.accuracy.min,
      samples.crossEntropy.mean,
      averaged.accuracy,
      ...stepsScrutiny(scrutiny),
    ]),
  };
}

function headers(...names: readonly string[]): Table['columns'] {
  return names.map((header) => ({ header }));
}
