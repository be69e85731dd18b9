import { patchSize, sharedPatches } from '../flow/image-patches.js';
import type { InputMetric } from '../flow/input-metric.js';
import type { Watcher } from '../pace.js';
import { chooseRank } from '../training/choose-rank.js';
import {
  fitInputSpectrum,
  fitPatchSpectrum,
  inputMetricOf,
  type InputSpectrum,
} from '../training/fit-input-metric.js';
import { keepInputMetric, keptInputMetric } from '../training/kept-input-metric.js';
import { partData, type PreparedTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';

export interface MetricQuestion {
  /** Number of directions; `auto` is the smallest that preserves what the zoo's networks predict. */
  readonly choice: number | 'auto';
  readonly zoo: Zoo;
  readonly task: PreparedTask;
  /** Most directions that `auto` may choose. Default: all. */
  readonly most: number | undefined;
  /** Folder that stores the metric once computed. */
  readonly runDir: string;
  readonly signal: AbortSignal;
  /** Told in words what was found. Default: nobody. */
  readonly tell?: ((line: string) => void) | undefined;
  /** Runs a part of the work, and may show its progress. Default: without. */
  readonly show?:
    (<T>(label: string, work: (watcher: Watcher) => Promise<T>) => Promise<T>) | undefined;
}

/**
 * The input metric of a training: deterministic for a zoo and data; read from the run's folder if
 * it has been computed before.
 *
 * @throws WeightspringError `invalid-argument` for more directions than the data have, `cancelled`
 */
export async function trainingMetric(question: MetricQuestion): Promise<InputMetric> {
  const { choice, zoo, task, most, runDir, tell } = question;
  const { data, seed, split } = zoo.header;
  const origin = { choice, most: most ?? null, data: data.sha256, split, zooSeed: seed };
  const kept = await keptInputMetric(runDir, origin);
  if (kept !== null) return kept;
  const patches = sharedPatches(zoo.architectures);
  const rows = partData(task, 'train').features;
  const features = patches === null ? task.featureNames.length : patchSize(patches);
  const spectrum = await shown('input metric', question, (watcher) =>
    patches === null
      ? fitInputSpectrum(rows, features, watcher)
      : fitPatchSpectrum(rows, patches, watcher),
  );
  const rank = choice === 'auto' ? await zooRank(spectrum, question) : choice;
  const held = spectrum.variances.slice(0, rank).reduce((sum, variance) => sum + variance, 0);
  const all = spectrum.variances.reduce((sum, variance) => sum + variance, 0);
  const metric = inputMetricOf(spectrum, rank);
  tell?.(
    `input metric: ${rank} of ${features} directions${patches === null ? '' : ' of patches'}, ${((100 * held) / all).toFixed(1)} % of variance`,
  );
  await keepInputMetric(runDir, metric, origin);
  return metric;
}

function zooRank(spectrum: InputSpectrum, question: MetricQuestion): Promise<number> {
  const { zoo, task, most } = question;
  // The few numbers of a kernel need no truncation.
  if (spectrum.patches !== undefined) return Promise.resolve(spectrum.rank);
  const finals = zoo.architectures.map((architecture, index) => ({
    architecture,
    networks: zoo.finalNetworksOf(index).map(({ weights }) => weights),
  }));
  const rows = partData(task, 'validation').features;
  return shown('choose directions', question, (watcher) =>
    chooseRank(spectrum, { finals, rows, most }, watcher),
  );
}

function shown<T>(
  label: string,
  { signal, show }: MetricQuestion,
  work: (watcher: Watcher) => Promise<T>,
): Promise<T> {
  return show === undefined ? work({ signal }) : show(label, work);
}
