import { explainChance } from '../evaluation/explain-chance.js';
import {
  importPopulation,
  type ImportedInputs,
  type ImportOptions,
} from '../evaluation/import-population.js';
import { listNetworkFiles } from '../formats/import/list-network-files.js';
import type { Activation } from '../network/architecture.js';
import type { Watcher } from '../pace.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';

/** How networks of other programs are read. */
export interface ImportZooOptions extends Watcher {
  /** Between the layers of files that do not tell, as graphs do. Default `relu`. */
  readonly activation?: Activation | undefined;
  /** What the networks of files take whose graph does not scale its inputs. Default `standardised`. */
  readonly inputs?: ImportedInputs | undefined;
}

/** A zoo of networks that were trained elsewhere. */
export interface ImportedZoo {
  readonly zoo: Zoo;
  /**
   * Where the networks are hardly better than guessing: what is probably wrong, a line each, such as
   * another activation that would have given more.
   */
  readonly advice: readonly string[];
}

/**
 * Makes a zoo of networks that were trained elsewhere, and measures each on the data set.
 *
 * Files are `.safetensors`, `.npz` and `.onnx`, as PyTorch and Keras export perceptrons, and `.onnx`
 * of networks on images; the architectures are found from shapes and graphs. The zoo is aligned, trained on and evaluated like
 * any other.
 *
 * @example
 * const task = await loadTask({ data: 'churn.csv', target: 'churned' });
 * const { zoo, advice } = await importZoo(['trained/'], task, { inputs: 'raw' });
 * for (const line of advice) console.warn(line);
 * await writeZoo(zoo, 'churn.zoo');
 *
 * @param paths - folders, `.zip` archives and files
 * @throws WeightspringError `invalid-argument` where there is no such file; `data-corrupt` or
 *   `invalid-argument`, naming the file; `cancelled`
 */
export async function importZoo(
  paths: readonly string[],
  task: PreparedTask,
  { activation = 'relu', inputs = 'standardised', ...watcher }: ImportZooOptions = {},
): Promise<ImportedZoo> {
  const files = await listNetworkFiles(paths);
  const options: ImportOptions = { activation, inputs };
  const zoo = await importPopulation(files, task, options, watcher);
  return { zoo, advice: await explainChance(zoo, task, files, options) };
}
