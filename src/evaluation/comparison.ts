import type { Architecture } from '../network/architecture.js';
import type { Watcher } from '../pace.js';
import {
  crossEntropy,
  logProbabilities,
  meanProbabilities,
  probabilities,
} from '../zoo/metrics.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { averagedAccuracy } from './averaging.js';
import { measureNetworks, testLabels } from './measure-network.js';
import { mean } from './population-metrics.js';

/** How networks do one by one, and as an ensemble that averages their probabilities. */
export interface PopulationComparison {
  readonly networks: number;
  readonly accuracy: number;
  readonly worst: number;
  /** In nats. */
  readonly crossEntropy: number;
  readonly averaged: { readonly accuracy: number; readonly crossEntropy: number };
}

/** Measures networks of one architecture on the test part. */
export async function comparePopulation(
  arch: Architecture,
  networks: readonly Float32Array[],
  task: PreparedTask,
  watcher: Watcher = {},
): Promise<PopulationComparison> {
  const measured = await measureNetworks(arch, networks, task, watcher);
  const labels = testLabels(task);
  const members = measured.map(({ testLogits }) => probabilities(testLogits, labels.length));
  const accuracies = measured.map(({ test }) => test.accuracy);
  return {
    networks: networks.length,
    accuracy: mean(accuracies),
    worst: Math.min(...accuracies),
    crossEntropy: mean(measured.map(({ test }) => test.crossEntropy)),
    averaged: {
      accuracy: averagedAccuracy(members, labels),
      crossEntropy: crossEntropy(
        // No class of a mean of probabilities has none, but for rounding.
        logProbabilities(meanProbabilities(members)),
        labels,
      ),
    },
  };
}
