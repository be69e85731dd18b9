import { ensure } from '../errors.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import type { SplitOptions } from '../data/split.js';
import type { Standardisation } from '../data/standardisation.js';

/** Which rows a population was trained and measured on. */
export interface DataIdentity {
  readonly sha256: string;
  readonly split: Required<SplitOptions>;
}

/**
 * Refuses a data set or split on which figures would not be comparable.
 *
 * @throws WeightspringError `data-corrupt` for other data, `invalid-argument` for another split
 */
export function checkSameData(expected: DataIdentity, task: PreparedTask): void {
  ensure(
    task.sha256 === expected.sha256,
    'data-corrupt',
    () =>
      `expected the data set that the zoo was trained on (SHA-256 ${expected.sha256}), got ` +
      `'${task.task}' with ${task.sha256}: the figures would not be comparable; use the same files`,
  );
  const { splitOptions } = task;
  ensure(
    (Object.keys(expected.split) as (keyof SplitOptions)[]).every(
      (key) => splitOptions[key] === expected.split[key],
    ),
    'invalid-argument',
    () =>
      `expected the split of the zoo, ${JSON.stringify(expected.split)}, got ` +
      `${JSON.stringify(splitOptions)}: rows that networks learnt from would be in the test part`,
    'split',
  );
}

/** In deviations of a feature: beyond float32 rounding, and below what changes a decision. */
const STANDARDISATION_TOLERANCE = 1e-5;

/**
 * Refuses a flow whose classifiers standardise otherwise than the features that its weights are
 * measured on: figures would be those of other networks than it gives away.
 *
 * @param standardisation - of the flow's classifiers
 * @throws WeightspringError `data-corrupt`
 */
export function checkSameStandardisation(
  { mean, scale }: Standardisation,
  { standardisation: fitted, featureNames }: Pick<PreparedTask, 'standardisation' | 'featureNames'>,
): void {
  featureNames.forEach((name, i) => {
    const deviation = fitted.scale[i] as number;
    const misfit =
      Math.abs((mean[i] ?? NaN) - (fitted.mean[i] as number)) +
      Math.abs((scale[i] ?? NaN) - deviation);
    ensure(
      misfit <= STANDARDISATION_TOLERANCE * deviation,
      'data-corrupt',
      () =>
        `expected the flow to standardise '${name}' as its data do, by mean ${fitted.mean[i]} and ` +
        `scale ${deviation}, got ${mean[i]} and ${scale[i]}: the standardisation in its ` +
        'config.json is damaged',
    );
  });
}
