import { InvalidArgumentError } from 'commander';
import { patchSize, sharedPatches } from '../flow/image-patches.js';
import type { InputMetric } from '../flow/input-metric.js';
import type { MetricShape } from '../flow/reduced-architecture.js';
import { networkOf } from '../network/network.js';
import { trainingMetric, type MetricQuestion } from '../workflows/training-metric.js';
import type { Zoo } from '../zoo/zoo.js';
import { say } from './output.js';
import { QUIET_MS, withProgress } from './progress.js';

/**
 * Number of directions; `auto` is the smallest number that preserves what the zoo's networks
 * predict.
 */
export type InputMetricChoice = number | 'auto' | 'none';

/** What a metric of so many directions measures in the networks of a zoo. */
export function metricShape(
  { architectures }: Pick<Zoo, 'architectures'>,
  rank: number,
): MetricShape {
  const patches = sharedPatches(architectures);
  if (patches !== null) return { features: patchSize(patches), rank, patches };
  const [first] = architectures;
  return { features: first === undefined ? rank : networkOf(first).inputs, rank };
}

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

/** The input metric of a training, with the progress of its parts. */
export function shownTrainingMetric(
  question: Omit<MetricQuestion, 'tell' | 'show'>,
): Promise<InputMetric> {
  const { signal } = question;
  return trainingMetric({
    ...question,
    tell: say,
    show: (label, work) =>
      withProgress(label, (onProgress) => work({ signal, onProgress }), { quietMs: QUIET_MS }),
  });
}
