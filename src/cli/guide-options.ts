import { Option, type Command } from 'commander';
import type { Dataset } from '../data/dataset.js';
import type { LabelledRows } from '../data/labelled-rows.js';
import { readLabelledRows } from '../data/labelled-table.js';
import { BUILT_IN_DATASETS, loadDataset } from '../data/load-dataset.js';
import { trainingPart } from '../data/training-rows.js';
import { ensure } from '../errors.js';
import { GUIDANCE_FORMS, type GuidanceForm } from '../flow/guidance.js';
import { GUIDANCE_SCHEDULES, type GuidanceSchedule } from '../flow/guidance-schedule.js';
import type { FlowSummary } from '../flows/flow-summary.js';
import { completeGuide, DESCENT_DEFAULTS, GUIDE_DEFAULTS, type Guide } from '../flows/guide.js';
import { MAX_GRADIENTS, MAX_ROWS_PER_STEP } from '../sampling/check-guide.js';
import { dataDirOption, integerParser, parseNonNegative, parsePath } from './options.js';

/** The flags of a command that name labelled rows and how they guide. */
export interface GuideFlags {
  readonly guide?: string;
  readonly guideTask?: string;
  readonly guideTarget?: string;
  readonly guideStrength?: number;
  readonly guideSchedule?: GuidanceSchedule;
  readonly guideForm?: GuidanceForm;
  readonly guideGradients?: number;
  readonly guideRowsPerStep?: number;
  readonly dataDir?: string;
}

/** Options that guide sampling by labelled rows. */
export function addGuideOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--guide <file>',
        'labelled rows that networks are to fit: CSV or TSV, Parquet, .npz, JSON, or IDX images, with ' +
          "the columns of the flow's data set",
      ).argParser(parsePath),
    )
    .addOption(
      new Option('--guide-task <name>', 'the training part of a data set in place of a file')
        .choices(BUILT_IN_DATASETS)
        .conflicts('guide'),
    )
    .option(
      '--guide-target <column>',
      "column of labels in the file; default: that of the flow's data set, or class, label, target or y",
    )
    .option(
      '--guide-strength <number>',
      `by how much of the gradient coordinates move; default: ${GUIDE_DEFAULTS.strength}, of descent ` +
        `${DESCENT_DEFAULTS.strength}`,
      parseNonNegative,
    )
    .addOption(
      new Option(
        '--guide-schedule <name>',
        `the strength over time; default: ${GUIDE_DEFAULTS.schedule}, of descent ` +
          DESCENT_DEFAULTS.schedule,
      ).choices(GUIDANCE_SCHEDULES),
    )
    .addOption(
      new Option(
        '--guide-form <name>',
        `where the gradient is taken; default: ${GUIDE_DEFAULTS.form}`,
      ).choices(GUIDANCE_FORMS),
    )
    .option(
      '--guide-gradients <integer>',
      `gradients of a step, only of the form descent; default: ${DESCENT_DEFAULTS.gradients}`,
      integerParser(1, MAX_GRADIENTS),
    )
    .option(
      '--guide-rows-per-step <integer>',
      `most rows of a step; default: ${GUIDE_DEFAULTS.rowsPerStep}`,
      integerParser(1, MAX_ROWS_PER_STEP),
    )
    .addOption(dataDirOption());
}

/**
 * The guide that flags name; none without one.
 *
 * @throws WeightspringError `invalid-argument`, naming option or row and column; as the readers of
 *   data
 */
export async function chosenGuide(
  flags: GuideFlags,
  flow: FlowSummary,
  signal: AbortSignal,
): Promise<Guide | undefined> {
  const { guide: path, guideTask: task, guideTarget: target } = flags;
  const settings = {
    strength: flags.guideStrength,
    schedule: flags.guideSchedule,
    form: flags.guideForm,
    gradients: flags.guideGradients,
    rowsPerStep: flags.guideRowsPerStep,
  };
  ensure(
    path !== undefined || target === undefined,
    'invalid-argument',
    () => '--guide-target says more about the file of --guide: name it too',
    '--guide',
  );
  if (task !== undefined) {
    const dataset = await loadDataset(task, { dataDir: flags.dataDir });
    return completeGuide(trainingRows(dataset, flow), settings);
  }
  ensure(
    path !== undefined || Object.values(settings).every((value) => value === undefined),
    'invalid-argument',
    () => '--guide-… says more about the rows that guide: name them with --guide or --guide-task',
    '--guide',
  );
  if (path === undefined) return undefined;
  return completeGuide(await readLabelledRows(path, flow, { target, signal }), settings);
}

/** The rows of the training part of a data set, whose classes count by their numbers. */
function trainingRows(dataset: Dataset, flow: FlowSummary): LabelledRows {
  const { task, featureNames, classNames } = dataset;
  ensure(
    featureNames.join('\n') === flow.featureNames.join('\n') && classNames.length <= flow.outputs,
    'invalid-argument',
    () =>
      `--guide-task: expected a data set of the ${flow.inputs} features of flow ${flow.name} and at ` +
      `most ${flow.outputs} classes, but '${task}' has ${featureNames.length}` +
      `${featureNames.length === flow.inputs ? ' others' : ''} and ${classNames.length} classes`,
    '--guide-task',
  );
  return trainingPart(dataset);
}
