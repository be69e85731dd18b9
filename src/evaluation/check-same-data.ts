import { ensure } from '../errors.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import type { SplitOptions } from '../zoo/split.js';

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
