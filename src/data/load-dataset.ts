import { WeightspringError } from '../errors.js';
import { resolveDataDir, type DataDirOptions } from './data-files.js';
import type { Dataset } from './dataset.js';
import { IMAGE_SOURCES, loadImages } from './images.js';
import { loadFile, type DataSource, type FileOptions } from './load-file.js';
import { spirals } from './spirals.js';
import { loadTabular, TABULAR_SOURCES } from './tabular.js';

/** Reads a data set from the data folder, or generates it. */
type Loader = (options: DataDirOptions) => Promise<Dataset>;

function loadersOf<T>(
  sources: Readonly<Record<string, T>>,
  load: (name: string, source: T, dataDir: string) => Promise<Dataset>,
): [string, Loader][] {
  return Object.entries(sources).map(([name, source]) => [
    name,
    (options) => load(name, source, resolveDataDir(options)),
  ]);
}

const LOADERS: ReadonlyMap<string, Loader> = new Map([
  ...loadersOf(TABULAR_SOURCES, loadTabular),
  ...loadersOf(IMAGE_SOURCES, loadImages),
  ['spirals', () => Promise.resolve(spirals())],
]);

/** Names of the data sets that need no description, as options and files use them. */
export const BUILT_IN_DATASETS: readonly string[] = [...LOADERS.keys()];

/**
 * Reads a data set: one of {@link BUILT_IN_DATASETS} by its name, any other from its files.
 *
 * @throws WeightspringError `data-missing` or `data-corrupt`, naming the file and its source;
 *   `invalid-argument` for files that hold no data set, or a name that is not known
 * @example
 * const wdbc = await loadDataset('wdbc', { dataDir: '/srv/data' });
 * const churn = await loadDataset({ data: 'churn.csv', target: 'churned' });
 */
export async function loadDataset(
  source: string | DataSource,
  options: DataDirOptions & FileOptions = {},
): Promise<Dataset> {
  if (typeof source !== 'string') return loadFile(source, options);
  const load = LOADERS.get(source);
  if (load !== undefined) return load(options);
  throw new WeightspringError(
    'invalid-argument',
    `expected one of the data sets ${BUILT_IN_DATASETS.join(', ')}, got '${source}': name the file ` +
      'of another data set with --data, and its column of labels with --target',
    { field: 'task' },
  );
}
