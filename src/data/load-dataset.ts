import { resolveDataDir, type DataDirOptions } from './data-files.js';
import type { Dataset, Task } from './dataset.js';
import { loadImages } from './images.js';
import { spirals } from './spirals.js';
import { loadTabular } from './tabular.js';

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
