import type { Architecture } from '../network/architecture.js';
import { createPace, PacedWork, type Pace, type Watcher } from '../pace.js';
import { errorSetAt, type ErrorSet } from '../zoo/error-set.js';
import { evaluateInPieces } from '../zoo/evaluate-networks.js';
import { classificationMetrics, predictions, type ClassificationMetrics } from '../zoo/metrics.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { measuredRows } from './measured-rows.js';

/** What one network does on a data set. */
export interface MeasuredNetwork {
  readonly test: ClassificationMetrics;
  /** Of the measured rows of the data set those that it gets wrong. */
  readonly errors: ErrorSet;
  /** `[test rows, classes]`. */
  readonly testLogits: Float64Array;
}

/**
 * Measures a network. One at a time, so that only the logits of the test part stay in memory.
 *
 * @param weights - flat
 * @param pace - taken between blocks of rows; default: one that nobody stops
 * @throws WeightspringError `shape-mismatch` when they do not fit the architecture
 */
export async function measureNetwork(
  arch: Architecture,
  weights: Float32Array,
  task: PreparedTask,
  pace: Pace = createPace(),
): Promise<MeasuredNetwork> {
  const { rows, features, test } = measuredRows(task);
  const logits = await evaluateInPieces(arch, weights, features, pace);
  const classes = task.classNames.length;
  const testLogits = new Float64Array(test.length * classes);
  test.forEach((place, index) => {
    testLogits.set(logits.subarray(place * classes, (place + 1) * classes), index * classes);
  });
  return {
    test: classificationMetrics(testLogits, testLabels(task)),
    errors: errorSetAt(rows, predictions(logits, rows.length), task.labels),
    testLogits,
  };
}

/**
 * Measures several networks of one architecture.
 *
 * @param networks - flat weights
 * @param watcher - hears of every network
 * @throws WeightspringError as {@link measureNetwork}, `cancelled`
 */
export async function measureNetworks(
  arch: Architecture,
  networks: readonly Float32Array[],
  task: PreparedTask,
  watcher: Watcher = {},
): Promise<readonly MeasuredNetwork[]> {
  const work = new PacedWork(networks.length, watcher);
  const measured: MeasuredNetwork[] = [];
  for (const weights of networks) {
    measured.push(await measureNetwork(arch, weights, task, work.pace));
    await work.advance();
  }
  return measured;
}

/** `[test rows]`. */
export function testLabels({ labels, split }: PreparedTask): Uint8Array {
  return Uint8Array.from(split.test, (row) => labels[row] as number);
}
