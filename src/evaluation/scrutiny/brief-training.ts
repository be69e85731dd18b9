import { architectureKey, type Architecture } from '../../network/architecture.js';
import { initialise } from '../../network/initialise.js';
import { quantile } from '../../novelty/novelty-scale.js';
import { Random } from '../../random.js';
import type { Engine } from '../../training/engine.js';
import { trainBaseNetworks, type BaseTraining } from '../../zoo/base-trainer.js';
import { epochSize, type TrainingRows } from '../../zoo/minibatches.js';
import { trainingRows, type PreparedTask } from '../../zoo/prepared-task.js';

export interface BriefTrainingOptions {
  /** Networks that are trained side by side. */
  readonly networks: number;
  /** How the zoo was trained. */
  readonly training: BaseTraining;
  readonly seed: number;
  readonly engine: Engine;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: number, total: number) => void) | undefined;
}

/** Updates by which the time of one is measured. */
const TIMED_UPDATES = 10;
/** The first ones also warm up. */
const WARM_UPDATES = 3;

/**
 * Median time of one update of all networks side by side, in milliseconds.
 *
 * @throws WeightspringError `cancelled`
 */
export async function msPerUpdate(
  arch: Architecture,
  task: PreparedTask,
  options: BriefTrainingOptions,
): Promise<number> {
  const times: number[] = [];
  let last = performance.now();
  await trainBriefly(arch, task, WARM_UPDATES + TIMED_UPDATES, {
    ...options,
    onStep: () => {
      const now = performance.now();
      times.push(now - last);
      last = now;
    },
  });
  return quantile(times.slice(-TIMED_UPDATES), 0.5);
}

/** How many updates a training of a task takes in full. */
export function fullUpdates(
  { split }: PreparedTask,
  { epochs, batchSize }: Pick<BaseTraining, 'epochs' | 'batchSize'>,
): number {
  return epochs * epochSize(split.train.length, batchSize).stepsPerEpoch;
}

/**
 * Trains networks of one architecture for at most so many updates, with the whole schedule of rates
 * in them. More than an epoch of them are rounded down to whole epochs.
 *
 * @param updates - none leaves the networks as they are initialised
 * @returns flat weights
 * @throws WeightspringError `diverged`, `cancelled`
 */
export async function trainBriefly(
  arch: Architecture,
  task: PreparedTask,
  updates: number,
  { networks, training, seed, engine, signal, onStep }: BriefTrainingOptions,
): Promise<readonly Float32Array[]> {
  const runs = Array.from({ length: networks }, (_, run) => run);
  if (updates < 1) {
    const key = architectureKey(arch);
    return runs.map((run) => initialise(arch, new Random(seed, 'initialise', key, run)));
  }
  const { data, epochs } = dataFor(task, updates, training.batchSize, seed);
  let weights: readonly Float32Array[] = [];
  await trainBaseNetworks(
    arch,
    runs,
    data,
    { ...training, epochs, snapshots: { ignoreEpochs: 0, perRun: 1 } },
    {
      engine,
      seed,
      signal,
      onStep,
      onSnapshot: (snapshot) => {
        weights = snapshot.weights;
      },
    },
  );
  return weights;
}

/** Rows and epochs that make so many updates: of less than an epoch, as many rows as it takes. */
function dataFor(
  task: PreparedTask,
  updates: number,
  batchSize: number,
  seed: number,
): { readonly data: TrainingRows; readonly epochs: number } {
  const { split } = task;
  const size = epochSize(split.train.length, batchSize);
  const order = new Random(seed, 'rows of a brief training').permutation(split.train.length);
  const rows =
    updates < size.stepsPerEpoch
      ? Int32Array.from(
          order.subarray(0, updates * size.batchSize),
          (at) => split.train[at] as number,
        )
      : split.train;
  return {
    data: { ...trainingRows(task), rows },
    epochs: Math.max(1, Math.floor(updates / size.stepsPerEpoch)),
  };
}
