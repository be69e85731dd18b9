import { architectureKey, formatLayers } from '../architecture/architecture.js';
import type { EvaluationReport } from '../evaluation/evaluate.js';
import type { FlowConfig } from '../sampling/flow-config.js';
import { formatMarkdownTable, type Table } from '../files/table.js';

export interface CardOptions {
  readonly config: FlowConfig;
  /** One per architecture, at the flow's default steps. */
  readonly reports: readonly EvaluationReport[];
  /** One per number of steps, of one architecture. */
  readonly bySteps: readonly EvaluationReport[];
  /** The commands that trained the flow and measured this, one a line. */
  readonly commands: readonly string[];
}

/** The model card of a stored flow, Markdown with a YAML header. */
export function modelCard({ config, reports, bySteps, commands }: CardOptions): string {
  const { name, task, bounds, classNames, featureNames, steps } = config;
  const [first] = reports;
  const probe = bySteps[0] ?? first;
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
    `${config.description}.`,
    '',
    '## Use',
    '',
    `Samples classifiers of ${featureNames.length} raw features into ${classNames.length} classes ` +
      `(${classNames.join(', ')}) with ${hiddenLayers(bounds.hiddenLayers)} ` +
      `of ${bounds.width.min} to ${bounds.width.max} neurons, activation ` +
      `${config.activations.join(', ')}. Default ${steps.default} steps of ${config.solver}.`,
    '',
    '## Limits',
    '',
    '- The data set and the split are those of the zoo: the networks know nothing else, and a ' +
      'figure on another split is another figure.',
    '- Depths outside the bounds fail and are refused; widths far from the zoo’s were not measured.',
    `- ${task === 'wdbc' ? 'Not a medical device: the' : 'The'} networks are as good, and as limited, ` +
      'as small perceptrons on a public data set.',
    '',
    '## Measured',
    '',
    `Test part of the split (seed ${String(first?.split.seed)}, ${String(first?.split.rows)} rows), ` +
      `${String(first?.samples.count)} samples of seed ${String(first?.seed)}, ` +
      `${String(first?.steps)} steps. "Trained" are the zoo's final networks of that architecture ` +
      'or, where the zoo has none (marked *), freshly trained ones.',
    '',
    formatMarkdownTable(architectureTable(reports)),
    '',
    'Error overlap (IoU) with the nearest network of the zoo, for samples and between independently ' +
      'trained networks, and accuracies of the baselines:',
    '',
    formatMarkdownTable(noveltyTable(reports)),
    '',
    `Against the number of steps, ${probe === undefined ? '' : formatLayers(probe.architecture.layers)}:`,
    '',
    formatMarkdownTable(stepsTable(bySteps)),
    '',
    '![accuracy against steps](steps.svg)',
    '',
    '## Training',
    '',
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

function hiddenLayers({ min, max }: { readonly min: number; readonly max: number }): string {
  if (min < max) return `${min} to ${max} hidden layers`;
  return `${min} hidden ${min === 1 ? 'layer' : 'layers'}`;
}

function architectureTable(reports: readonly EvaluationReport[]): Table {
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
    rows: reports.map(({ architecture, samples, averaged, zoo, note }) => [
      `${architectureKey(architecture)}${note === null ? '' : ' *'}`,
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

function noveltyTable(reports: readonly EvaluationReport[]): Table {
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

function stepsTable(reports: readonly EvaluationReport[]): Table {
  return {
    columns: headers('steps', 'accuracy', 'worst', 'cross-entropy', 'averaged'),
    rows: reports.map(({ steps, samples, averaged }) => [
      steps,
      samples.accuracy.mean,
      samples.accuracy.min,
      samples.crossEntropy.mean,
      averaged.accuracy,
    ]),
  };
}

function headers(...names: readonly string[]): Table['columns'] {
  return names.map((header) => ({ header }));
}
