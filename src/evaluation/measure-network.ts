import type { Architecture } from '../network/architecture.js';
import { createPace, PacedWork, type Pace, type Watcher } from '../pace.js';
import { errorSet, type ErrorSet } from '../zoo/error-set.js';
import { evaluateInPieces } from '../zoo/evaluate-networks.js';
import { classificationMetrics, predictions, type ClassificationMetrics } from '../zoo/metrics.js';
import type { PreparedTask } from '../zoo/prepared-task.js';

/** What one network does on a data set. */
export interface MeasuredNetwork {
  readonly test: ClassificationMetrics;
  /** Rows of the whole data set that it gets wrong. */
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
  const logits = await evaluateInPieces(arch, weights, task.features, pace);
  const classes = task.classNames.length;
  const testLogits = new Float64Array(task.split.test.length * classes);
  task.split.test.forEach((row, index) => {
    testLogits.set(logits.subarray(row * classes, (row + 1) * classes), index * classes);
  });
  return {
    test: classificationMetrics(testLogits, testLabels(task)),
    errors: errorSet(predictions(logits, task.labels.length), task.labels),
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
