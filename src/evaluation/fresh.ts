import type { Architecture } from '../network/architecture.js';
import type { Watcher } from '../pace.js';
import type { Engine } from '../training/engine.js';
import type { BaseTraining } from '../zoo/base-trainer.js';
import type { ErrorSet } from '../zoo/error-set.js';
import type { ClassificationMetrics } from '../zoo/metrics.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { trainZooOn } from '../zoo/train-zoo.js';
import { measuredErrors } from './measured-rows.js';
import { populationMetrics, type TrainedMetrics } from './population-metrics.js';

/** Networks that were trained for a comparison. */
export interface FreshNetworks {
  readonly metrics: TrainedMetrics;
  /** Of the measured rows, one per network. */
  readonly errors: readonly ErrorSet[];
  /** On the test part, one per network. */
  readonly tests: readonly ClassificationMetrics[];
  /** Flat weights, one per network. */
  readonly weights: readonly Float32Array[];
  /** Seed that they were trained from. */
  readonly seed: number;
}

export interface FreshOptions {
  readonly runs: number;
  /** How the zoo was trained. */
  readonly training: BaseTraining;
  readonly seed: number;
  readonly engine: Engine;
}

/**
 * Trains networks of one architecture as those of the zoo and measures them: what generated networks
 * of an architecture outside the zoo are compared with, and for one inside it, with another seed
 * than the zoo's, runs that the flow has not seen.
 */
export async function trainFresh(
  architecture: Architecture,
  task: PreparedTask,
  { runs, training, seed, engine }: FreshOptions,
  { signal, onProgress }: Watcher = {},
): Promise<FreshNetworks> {
  const { finals, networks } = await trainZooOn(
    task,
    {
      architectures: [{ architecture, runs }],
      // Only final networks are kept.
      training: { ...training, snapshots: { ignoreEpochs: 0, perRun: 1 } },
      seed,
    },
    {
      engine,
      signal,
      onProgress: ({ done, total }) => {
        onProgress?.(done, total);
      },
    },
  );
  return {
    metrics: { runs, ...populationMetrics(finals.map(({ test }) => test)) },
    errors: finals.map(({ errors }) => measuredErrors(errors, task)),
    tests: finals.map(({ test }) => test),
    weights: networks.map(({ weights }) => weights),
    seed,
  };
}
