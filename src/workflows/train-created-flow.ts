import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reducedArchitecture } from '../flow/reduced-architecture.js';
import { networkOf } from '../network/network.js';
import type { Watcher } from '../pace.js';
import type { Engine } from '../training/engine.js';
import { WeightspringError } from '../errors.js';
import type { FlowRunOptions, TrainedFlow } from '../training/flow-run.js';
import {
  FLOW_TRAINING_DEFAULTS,
  MANY_FEATURES,
  type FlowTrainingConfig,
} from '../training/flow-training-config.js';
import { prepareTraining, type PreparedTraining } from '../training/prepare-training.js';
import { trainPrepared } from '../training/train-flow.js';
import { chooseVelocityConfig } from '../velocity/choose-velocity-config.js';
import { partData, type PreparedTask } from '../zoo/prepared-task.js';
import { holdOutRuns } from '../zoo/held-out-runs.js';
import type { Zoo } from '../zoo/zoo.js';
import { chooseSteps, type UpdateTime } from './create-plan.js';
import { trainingMetric } from './training-metric.js';

/** Small enough for some hundred updates in the time that there is. */
const VELOCITY = { width: 64, blocks: 2 };
/** Directions of the inputs that a token of this width can write. */
const MOST_DIRECTIONS = 48;
const BEHAVIOUR = { weight: 0.5, rows: 128 };
const PEAK_RATE = 3e-3;
const CHECKPOINT_EVERY = 25;
/** Updates that are timed, after those that open the sessions of each family. */
const TIMED = { warm: 12, timed: 12 };

export interface FlowTraining {
  readonly runDir: string;
  readonly engine: Engine;
  readonly seed: number;
  readonly leftMs: () => number;
  readonly watcher: Watcher & { readonly signal: AbortSignal };
  readonly tell: ((line: string) => void) | undefined;
}

/**
 * Trains the flow of a creation by the recipe of the shipped flows over tables, for as many updates as
 * the time allows.
 *
 * @throws WeightspringError `cancelled` when it is stopped; the same call continues
 */
export async function trainCreatedFlow(
  zoo: Zoo,
  task: PreparedTask,
  { runDir, engine, seed, leftMs, watcher, tell }: FlowTraining,
): Promise<{ readonly config: FlowTrainingConfig; readonly trained: TrainedFlow }> {
  const { signal } = watcher;
  const features = task.featureNames.length;
  const folder = join(runDir, 'flow');
  const inputMetric =
    features < MANY_FEATURES
      ? undefined
      : await trainingMetric({
          choice: 'auto',
          zoo,
          task,
          most: MOST_DIRECTIONS,
          runDir: folder,
          signal,
          tell,
        });
  const rank = inputMetric?.rank;
  const points = zoo.architectures.map((arch) =>
    rank === undefined
      ? arch
      : reducedArchitecture(arch, { features: networkOf(arch).inputs, rank }),
  );
  const configOf = (steps: number): FlowTrainingConfig => ({
    ...FLOW_TRAINING_DEFAULTS,
    geometry: 'geometric',
    prior: 'matched',
    skip: rank === undefined ? 'euclidean' : 'inner',
    lossMean: 'coordinates',
    behaviour: { ...BEHAVIOUR, rows: Math.min(BEHAVIOUR.rows, task.split.train.length) },
    learningRate: PEAK_RATE,
    velocity: chooseVelocityConfig('neuron-transformer', points, VELOCITY),
    ...(rank === undefined ? {} : { inputMetric: rank }),
    steps,
    seed,
  });
  const { training } = holdOutRuns(zoo, 0, seed);
  const rows = partData(task, 'train').features;
  const prepared = await prepareTraining(training, configOf(1), { inputMetric, rows }, { signal });
  const steps = await chooseSteps(runDir, leftMs, () =>
    timeUpdate(prepared, configOf(TIMED.warm + TIMED.timed), {
      engine,
      signal,
      runDir: join(runDir, 'timing'),
      checkpointEvery: TIMED.warm + TIMED.timed,
    }),
  );
  const config = configOf(steps);
  const trained = await trainPrepared(prepared, config, {
    engine,
    runDir: folder,
    checkpointEvery: CHECKPOINT_EVERY,
    signal,
    onStep: ({ step }) => watcher.onProgress?.(step, steps),
  });
  if (!trained.isComplete) {
    throw new WeightspringError(
      'cancelled',
      `stopped at step ${trained.step} of ${steps}; the same command continues`,
    );
  }
  return { config, trained };
}

/** How long sessions take to open, and an update on average: those of deep networks take longer. */
async function timeUpdate(
  prepared: PreparedTraining,
  config: FlowTrainingConfig,
  options: FlowRunOptions & { readonly runDir: string },
): Promise<UpdateTime> {
  // What an interrupted one left would not be timed.
  await rm(options.runDir, { recursive: true, force: true });
  const openedMs = performance.now();
  let started = openedMs;
  await trainPrepared(prepared, config, {
    ...options,
    onStep: ({ step }) => {
      if (step === TIMED.warm) started = performance.now();
    },
  });
  const msPerUpdate = (performance.now() - started) / TIMED.timed;
  const openMs = started - openedMs;
  await rm(options.runDir, { recursive: true, force: true });
  return { openMs, msPerUpdate };
}
