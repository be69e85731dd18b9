import type { Architecture } from '../network/architecture.js';
import type { Watcher } from '../pace.js';
import type { Engine } from '../training/engine.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { zooRecipe } from '../zoo/recipes.js';
import { trainZooOn } from '../zoo/train-zoo.js';
import type { ErrorSet } from '../zoo/error-set.js';
import { populationMetrics, type TrainedMetrics } from './population-metrics.js';

/** Networks that were trained for a comparison. */
export interface FreshNetworks {
  readonly metrics: TrainedMetrics;
  /** One per network. */
  readonly errors: readonly ErrorSet[];
}

/**
 * Trains networks of one architecture with the task's own recipe and measures them: what generated
 * networks of an architecture outside the zoo are to be compared with.
 */
export async function trainFresh(
  architecture: Architecture,
  runs: number,
  task: PreparedTask,
  engine: Engine,
  { signal, onProgress }: Watcher = {},
): Promise<FreshNetworks> {
  const zoo = await trainZooOn(
    task,
    { architectures: [{ architecture, runs }], training: zooRecipe(task.task).training, seed: 1 },
    {
      engine,
      signal,
      onProgress: ({ done, total }) => {
        onProgress?.(done, total);
      },
    },
  );
  return {
    metrics: { runs, ...populationMetrics(zoo.finals.map(({ test }) => test)) },
    errors: zoo.finals.map(({ errors }) => errors),
  };
}
