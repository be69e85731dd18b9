import { averagedAccuracy } from '../../evaluation/averaging.js';
import { mean, spread, type Spread } from '../../evaluation/population-metrics.js';
import type { Architecture } from '../../network/architecture.js';
import { PacedWork, type Watcher } from '../../pace.js';
import { evaluateInPieces } from '../../zoo/evaluate-networks.js';
import {
  classificationMetrics,
  meanPairwiseDivergence,
  probabilities,
  type ClassificationMetrics,
} from '../../zoo/metrics.js';
import { partData, type PreparedTask } from '../../zoo/prepared-task.js';

/** What several networks of one origin do. */
export interface PopulationFigures {
  readonly networks: number;
  /** Mean accuracy on the validation part: what choices are made by. */
  readonly validation: number;
  /** On the test part, as all that follows. */
  readonly accuracy: Spread;
  /** Mean, in nats. */
  readonly crossEntropy: number;
  /** Accuracy of the mean of all probabilities. */
  readonly averaged: number;
  /** Mean over pairs of the Jensen–Shannon divergence of their probabilities, in nats. */
  readonly divergence: number;
}

/**
 * Measures networks of one architecture.
 *
 * @param networks - flat weights, at least one
 * @param watcher - hears of every network
 * @throws WeightspringError `cancelled`
 */
export async function populationFigures(
  arch: Architecture,
  networks: readonly Float32Array[],
  task: PreparedTask,
  watcher: Watcher,
): Promise<PopulationFigures> {
  const work = new PacedWork(networks.length, watcher);
  const [validation, test] = [partData(task, 'validation'), partData(task, 'test')];
  const measured: Record<'validation' | 'test', ClassificationMetrics[]> = {
    validation: [],
    test: [],
  };
  const probs: Float64Array[] = [];
  for (const weights of networks) {
    const chosen = await evaluateInPieces(arch, weights, validation.features, work.pace);
    measured.validation.push(classificationMetrics(chosen, validation.labels));
    const logits = await evaluateInPieces(arch, weights, test.features, work.pace);
    measured.test.push(classificationMetrics(logits, test.labels));
    probs.push(probabilities(logits, test.labels.length));
    await work.advance();
  }
  return {
    networks: networks.length,
    validation: mean(measured.validation.map(({ accuracy }) => accuracy)),
    accuracy: spread(measured.test.map(({ accuracy }) => accuracy)),
    crossEntropy: mean(measured.test.map(({ crossEntropy }) => crossEntropy)),
    averaged: averagedAccuracy(probs, test.labels),
    divergence: await meanPairwiseDivergence(probs, test.labels.length, work.pace),
  };
}
