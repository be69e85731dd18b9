import { WeightspringError } from '../../errors.js';
import { mean } from '../../evaluation/population-metrics.js';
import type { Architecture } from '../../network/architecture.js';
import { createPace, type Pace } from '../../pace.js';
import type { Engine } from '../../training/engine.js';
import { trainBaseNetworks } from '../../zoo/base-trainer.js';
import { evaluateInPieces } from '../../zoo/evaluate-networks.js';
import { accuracy, predictions } from '../../zoo/metrics.js';
import { epochSize } from '../../zoo/minibatches.js';
import { trainingRows, type PartData, type PreparedTask } from '../../zoo/prepared-task.js';
import type { InitBudget, OptimizerTrial } from './budget.js';

/** Networks of one kind of start in training: their accuracy after some updates. */
export interface StartCurve {
  readonly learningRate: number;
  /** Mean over the networks on the validation part, in the order of `recordedUpdates`. */
  readonly validation: readonly number[];
  /** On the test part, one number per network, in the same order. */
  readonly test: readonly (readonly number[])[];
}

/** Updates after which everything is measured, over the whole training: dense where curves are steep. */
const DENSE = [0, 1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 131, 190, 260];

/** What a training is measured after: some numbers of updates, and the last one. */
export function recordedUpdates(task: PreparedTask, budget: InitBudget): readonly number[] {
  const { stepsPerEpoch } = epochSize(task.split.train.length, budget.batchSize);
  const total = budget.epochs * stepsPerEpoch;
  return [...DENSE.filter((update) => update < total), total];
}

export interface StartTraining {
  readonly task: PreparedTask;
  readonly architecture: Architecture;
  readonly starts: readonly Float32Array[];
  readonly trial: OptimizerTrial;
  readonly budget: InitBudget;
  readonly seed: number;
  readonly engine: Engine;
  readonly signal: AbortSignal | undefined;
  readonly validation: PartData;
  readonly test: PartData;
  /**
   * How good a learning rate is, by the accuracies on the validation part: the more, the better.
   */
  readonly judge: (validation: readonly number[]) => number;
}

/**
 * Trains networks from their starts with every learning rate of an optimiser, and measures those of
 * the best one, by the validation part, on the test part.
 *
 * Run r sees the same minibatches whatever its start, optimiser and rate.
 *
 * @throws WeightspringError `diverged` if no rate gives finite losses, `cancelled`
 */
export async function trainStarts(training: StartTraining): Promise<StartCurve> {
  const { trial, judge, architecture, test, signal } = training;
  const pace = createPace(signal);
  let best: { learningRate: number; validation: readonly number[]; kept: Kept } | undefined;
  for (const learningRate of trial.learningRates) {
    const kept = await keepWeights(training, learningRate);
    if (kept === null) continue;
    const validation = (await accuracies(architecture, kept, training.validation, pace)).map(mean);
    if (best === undefined || judge(validation) > judge(best.validation)) {
      best = { learningRate, validation, kept };
    }
  }
  if (best === undefined) {
    throw new WeightspringError(
      'diverged',
      `all trainings by ${trial.name} diverged, at the rates ${trial.learningRates.join(', ')}`,
    );
  }
  const { kept, ...chosen } = best;
  return { ...chosen, test: await accuracies(architecture, kept, test, pace) };
}

/** Weights of all networks after every recorded update. */
type Kept = readonly (readonly Float32Array[])[];

async function keepWeights(training: StartTraining, learningRate: number): Promise<Kept | null> {
  const { task, architecture, starts, trial, budget, seed, engine, signal } = training;
  const kept: (readonly Float32Array[])[] = [starts];
  try {
    await trainBaseNetworks(
      architecture,
      starts.map((_, run) => run),
      trainingRows(task),
      {
        optimizer: trial.optimizer,
        learningRate,
        schedule: { kind: 'constant' },
        epochs: budget.epochs,
        batchSize: budget.batchSize,
        snapshots: { ignoreEpochs: 0, perRun: 1 },
      },
      {
        engine,
        seed,
        signal,
        starts,
        keepAfter: recordedUpdates(task, budget),
        onSnapshot: ({ weights }) => kept.push(weights),
      },
    );
  } catch (error) {
    if (error instanceof WeightspringError && error.code === 'diverged') return null;
    throw error;
  }
  return kept;
}

async function accuracies(
  architecture: Architecture,
  kept: Kept,
  { features, labels }: PartData,
  pace: Pace,
): Promise<readonly (readonly number[])[]> {
  const rates: (readonly number[])[] = [];
  for (const networks of kept) {
    const row: number[] = [];
    for (const weights of networks) {
      const logits = await evaluateInPieces(architecture, weights, features, pace);
      row.push(accuracy(predictions(logits, labels.length), labels));
    }
    rates.push(row);
  }
  return rates;
}
