import { ensure } from '../errors.js';
import type { DataDirOptions } from '../data/data-files.js';
import type { Dataset } from '../data/dataset.js';
import { loadDataset } from '../data/load-dataset.js';
import type { DataSource, FileOptions } from '../data/load-file.js';
import { createPace } from '../pace.js';
import { errorSet, type ErrorSet } from './error-set.js';
import { classificationMetrics, predictions, type ClassificationMetrics } from './metrics.js';
import type { TrainingRows } from './minibatches.js';
import { splitDataset, type Split, type SplitOptions } from '../data/split.js';
import { fitStandardisation, standardise, type Standardisation } from '../data/standardisation.js';

/** A data set that is split, with all features standardised by the training part. */
export interface PreparedTask extends Omit<Dataset, 'features'> {
  /** `[rows, featureNames.length]`, standardised. */
  readonly features: Float32Array;
  readonly standardisation: Standardisation;
  readonly split: Split;
  readonly splitOptions: Required<SplitOptions>;
}

/** The parts of a split that metrics are reported for. */
export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];

/** Features `[n, width]`, standardised, and labels of the n rows of a part. */
export interface PartData {
  readonly features: Float32Array;
  readonly labels: Uint8Array;
}

/** The rows of one part. */
export function partData(
  { features, labels, featureNames, split }: PreparedTask,
  part: Part,
): PartData {
  const width = featureNames.length;
  const rows = split[part];
  const chosen = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    chosen.set(features.subarray(row * width, (row + 1) * width), index * width);
  });
  return { features: chosen, labels: Uint8Array.from(rows, (row) => labels[row] as number) };
}

/** What networks are trained on. */
export function trainingRows({
  features,
  labels,
  featureNames,
  classNames,
  split,
}: PreparedTask): TrainingRows {
  const [width, classes] = [featureNames.length, classNames.length];
  return { features, labels, rows: split.train, width, classes };
}

/** Metrics of a network on every part of a data set. */
export interface TaskMetrics extends Readonly<Record<Part, ClassificationMetrics>> {
  /** Rows of the whole data set that it gets wrong. */
  readonly errors: ErrorSet;
}

/** A signal ends the loading with `cancelled` between its steps, none of which takes a second. */
export interface TaskOptions extends DataDirOptions, FileOptions {
  readonly split?: SplitOptions | undefined;
}

/**
 * Loads, splits and standardises a data set: a built-in one by its name, another from its files.
 *
 * @throws WeightspringError `data-missing` or `data-corrupt` if it cannot be read, `cancelled`
 */
export async function loadTask(
  source: string | DataSource,
  options: TaskOptions = {},
): Promise<PreparedTask> {
  const pace = createPace(options.signal);
  const dataset = await loadDataset(source, options);
  await pace();
  const parts = splitTask(dataset, options.split);
  const standardisation = fitStandardisation(dataset, parts.split.train);
  await pace();
  return standardised(dataset, parts, standardisation);
}

/**
 * Splits and standardises a data set.
 *
 * @internal
 */
export function prepareTask(dataset: Dataset, options: SplitOptions = {}): PreparedTask {
  const parts = splitTask(dataset, options);
  return standardised(dataset, parts, fitStandardisation(dataset, parts.split.train));
}

type TaskParts = Pick<PreparedTask, 'split' | 'splitOptions'>;

/** @throws WeightspringError `invalid-argument` where a part has no rows */
function splitTask(dataset: Dataset, options: SplitOptions = {}): TaskParts {
  const splitOptions = { seed: 0, validationFraction: 0.1, testFraction: 0.3, ...options };
  const split = splitDataset(dataset, splitOptions);
  for (const part of PARTS) {
    ensure(
      split[part].length > 0,
      'invalid-argument',
      () => `the ${part} part of '${dataset.task}' has no rows: choose other fractions`,
      `split.${part}`,
    );
  }
  return { split, splitOptions };
}

function standardised(
  dataset: Dataset,
  parts: TaskParts,
  standardisation: Standardisation,
): PreparedTask {
  const features = standardise(dataset.features, standardisation);
  return { ...dataset, ...parts, features, standardisation };
}

/**
 * Metrics on every part of a data set, and the error set over all of it.
 *
 * @param logits - `[rows, classes]`, of all rows in the data set's order
 */
export function taskMetrics(
  { labels, classNames, split }: Pick<PreparedTask, 'labels' | 'classNames' | 'split'>,
  logits: Float64Array,
): TaskMetrics {
  const classes = classNames.length;
  const on = (rows: Int32Array): ClassificationMetrics => {
    const chosen = new Float64Array(rows.length * classes);
    rows.forEach((row, index) => {
      chosen.set(logits.subarray(row * classes, (row + 1) * classes), index * classes);
    });
    return classificationMetrics(
      chosen,
      Uint8Array.from(rows, (row) => labels[row] as number),
    );
  };
  return {
    train: on(split.train),
    validation: on(split.validation),
    test: on(split.test),
    errors: errorSet(predictions(logits, labels.length), labels),
  };
}
