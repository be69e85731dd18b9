import { WeightspringError } from '../../errors.js';
import { resolveDataDir, type DataDirOptions } from './data-files.js';
import { TASKS, type Dataset, type Task } from './dataset.js';
import { loadImages } from './images.js';
import { spirals } from './spirals.js';
import { loadTabular } from './tabular.js';

/**
 * The task of this name.
 *
 * @throws WeightspringError `invalid-argument` for any other
 */
export function parseTask(name: string): Task {
  const task = TASKS.find((known) => known === name);
  if (task === undefined) {
    throw new WeightspringError(
      'invalid-argument',
      `task must be one of ${TASKS.join(', ')}, got '${name}'`,
      { field: 'task' },
    );
  }
  return task;
}

/**
 * Reads a data set from the data folder, or generates it.
 *
 * @throws WeightspringError `data-missing` or `data-corrupt`, naming the file and its source
 * @example
 * const wdbc = await loadDataset('wdbc', { dataDir: '/srv/data' });
 */
export async function loadDataset(task: Task, options: DataDirOptions = {}): Promise<Dataset> {
  switch (task) {
    case 'spirals':
      return spirals();
    case 'mnist':
    case 'fashion-mnist':
      return loadImages(task, resolveDataDir(options));
    default:
      return loadTabular(task, resolveDataDir(options));
  }
}
