import { InvalidArgumentError } from 'commander';
import type { InputMetric } from '../flow/input-metric.js';
import { chooseRank } from '../training/choose-rank.js';
import {
  fitInputSpectrum,
  inputMetricOf,
  type InputSpectrum,
} from '../training/fit-input-metric.js';
import { partData, type PreparedTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';
import { say } from './output.js';

/** Number of directions; `auto` is the fewest that leave the zoo's networks what they say. */
export type InputMetricChoice = number | 'auto' | 'none';

/** `--input-metric`. */
export function parseInputMetric(text: string): InputMetricChoice {
  if (text === 'auto' || text === 'none') return text;
  const rank = Number(text);
  if (/^\d+$/.test(text) && rank >= 1 && rank <= MAX_RANK) return rank;
  throw new InvalidArgumentError(
    `expected a number of directions from 1 to ${MAX_RANK}, auto or none, got '${text}'`,
  );
}

const MAX_RANK = 65_536;

/**
 * The input metric of a training: the same for the same zoo and data.
 *
 * @param most - directions that `auto` may take
 * @throws WeightspringError `invalid-argument` for more directions than the data have
 */
export function trainingMetric(
  choice: InputMetricChoice,
  zoo: Zoo,
  task: PreparedTask,
  most: number | undefined,
): InputMetric | undefined {
  if (choice === 'none') return undefined;
  const features = task.featureNames.length;
  const spectrum = fitInputSpectrum(partData(task, 'train').features, features);
  const rank = choice === 'auto' ? zooRank(spectrum, zoo, task, most) : choice;
  const kept = spectrum.variances.slice(0, rank).reduce((sum, variance) => sum + variance, 0);
  const all = spectrum.variances.reduce((sum, variance) => sum + variance, 0);
  const metric = inputMetricOf(spectrum, rank);
  say(
    `input metric: ${rank} of ${features} directions, ${((100 * kept) / all).toFixed(1)} % of variance`,
  );
  return metric;
}

function zooRank(
  spectrum: InputSpectrum,
  zoo: Zoo,
  task: PreparedTask,
  most: number | undefined,
): number {
  const finals = zoo.architectures.map((architecture, index) => ({
    architecture,
    networks: zoo.finalNetworksOf(index).map(({ weights }) => weights),
  }));
  return chooseRank(spectrum, { finals, rows: partData(task, 'validation').features, most });
}
