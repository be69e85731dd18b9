import { setImmediate } from 'node:timers/promises';
import { architectureKey, type Architecture } from '../network/architecture.js';
import { initialise } from '../network/initialise.js';
import { ensure, WeightspringError } from '../errors.js';
import { createPace } from '../pace.js';
import { Random } from '../random.js';
import type { Engine } from '../training/engine.js';
import { createOptimizer, type OptimizerOptions } from '../training/optimizers/create-optimizer.js';
import type { OptimizerState } from '../training/optimizers/optimizer.js';
import { learningRateAt, type Schedule } from '../training/schedules.js';
import { baseLossProgram, stackNetworks, unstackNetworks } from './base-program.js';
import { DropoutMasks } from './dropout.js';
import { Minibatches, type TrainingRows } from './minibatches.js';
import { snapshotSteps, type SnapshotPlan } from './snapshot-plan.js';

/** How base networks are trained, except data and architecture. */
export interface BaseTraining {
  readonly optimizer: OptimizerOptions;
  /** Peak learning rate. */
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly epochs: number;
  readonly batchSize: number;
  readonly snapshots: SnapshotPlan;
}

/** The weights of all networks of a batch at one step of their training. */
export interface TrainingSnapshot {
  /** Updates done. */
  readonly step: number;
  readonly isFinal: boolean;
  /** One flat vector per run, in the requested order; copies. */
  readonly weights: readonly Float32Array[];
}

/** Everything needed to continue a training bit-exactly. */
export interface BaseTrainerState {
  /** Updates done: with the seed, they determine the next minibatches. */
  readonly step: number;
  /** Stacked over the networks, in the order of the flat layout. */
  readonly parameters: readonly Float32Array[];
  readonly optimizer: OptimizerState;
}

/** Stores the states of a training. */
export interface BaseTrainerKeeper {
  /** Whether to save one now; asked after every update except the last. */
  isDue(): boolean;
  /** Also called when the signal aborts. The arrays change with the next update. */
  save(state: BaseTrainerState): Promise<void>;
}

export interface BaseTrainerOptions {
  readonly engine: Engine;
  /** With architecture and run number, determines every start and minibatch. */
  readonly seed: number;
  readonly onSnapshot: (snapshot: TrainingSnapshot) => void;
  /** After every update of all networks. */
  readonly onStep?: ((step: number, totalSteps: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Flat weights, one vector per run. Default: those of `initialise`. */
  readonly starts?: readonly Float32Array[] | undefined;
  /** Updates after which weights are kept. Default: by the training's plan of snapshots. */
  readonly keepAfter?: readonly number[] | undefined;
  /** Of every run, the part of hidden values that are dropped at random. Default: none. */
  readonly dropout?: readonly number[] | undefined;
  /** Continues from here, with the snapshots after it. Default: from the start. */
  readonly from?: BaseTrainerState | null;
  /** Default: no state is kept. */
  readonly keeper?: BaseTrainerKeeper | undefined;
}

/**
 * Trains networks of one architecture side by side, each exactly as it would be trained alone.
 *
 * Network r starts from `initialise`, unless it is given a start, and sees minibatches in an order;
 * both depend on (seed, architecture, r) only, not on the networks beside it.
 *
 * @param runs - the run numbers r
 * @throws WeightspringError `invalid-argument` for settings out of range, `diverged` if the loss
 * is no longer finite, `cancelled` if the signal aborts
 */
export async function trainBaseNetworks(
  arch: Architecture,
  runs: readonly number[],
  data: TrainingRows,
  training: BaseTraining,
  options: BaseTrainerOptions,
): Promise<void> {
  checkTraining(training);
  const { engine, seed, onSnapshot, onStep, signal, from = null, keeper } = options;
  const key = architectureKey(arch);
  const randoms = runs.map((run) => new Random(seed, 'minibatches', key, run));
  const batches = new Minibatches(data, randoms, training.batchSize);
  const {
    starts = runs.map((run) => initialise(arch, new Random(seed, 'initialise', key, run))),
    keepAfter = snapshotSteps(training.snapshots, training.epochs, batches.stepsPerEpoch),
  } = options;
  const parameters = stackNetworks(arch, starts);
  const optimizer = createOptimizer(
    training.optimizer,
    parameters.map(({ length }) => length),
  );
  let step = 0;
  if (from !== null) {
    parameters.forEach((own, index) => {
      own.set(from.parameters[index] as Float32Array);
    });
    optimizer.restore(from.optimizer);
    await batches.skip(from.step, createPace(signal));
    step = from.step;
  }
  const keep = new Set(keepAfter);
  const totalSteps = training.epochs * batches.stepsPerEpoch;
  const { dropout } = options;
  const masks =
    dropout &&
    new DropoutMasks(arch, batches.batchSize, dropout, (run) => {
      return new Random(seed, 'dropout', key, runs[run] as number);
    });
  const hasDropout = masks !== undefined;
  const program = await engine.compile(
    baseLossProgram(arch, runs.length, batches.batchSize, { hasDropout }),
  );
  try {
    while (step < totalSteps) {
      if (signal?.aborted === true) {
        await keeper?.save({ step, parameters, optimizer: optimizer.state() });
        throw new WeightspringError(
          'cancelled',
          `training of ${key} was stopped after ${step} of ${totalSteps} updates`,
        );
      }
      const { loss, gradients } = await program.evaluate(parameters, [
        ...batches.next(),
        ...(masks?.next() ?? []),
      ]);
      ensure(
        Number.isFinite(loss),
        'diverged',
        () =>
          `the loss of ${runs.length} networks ${key} became ${loss} at step ${step + 1}: lower the ` +
          `learning rate (${training.learningRate})`,
      );
      const { schedule, learningRate } = training;
      const rate = learningRateAt(schedule, learningRate, step, totalSteps);
      optimizer.update(parameters, gradients, rate);
      step++;
      onStep?.(step, totalSteps);
      if (keep.has(step)) {
        const weights = unstackNetworks(arch, parameters);
        onSnapshot({ step, isFinal: step === totalSteps, weights });
      }
      if (step < totalSteps && keeper?.isDue() === true) {
        await keeper.save({ step, parameters, optimizer: optimizer.state() });
      }
      // Engines may return without leaving the microtask queue; signals need a turn of the event loop.
      await setImmediate();
    }
  } finally {
    await program.dispose();
  }
}

/** @throws WeightspringError `invalid-argument` for settings out of range */
export function checkTraining({ epochs, batchSize, learningRate }: BaseTraining): void {
  for (const [field, value] of Object.entries({ epochs, batchSize })) {
    ensure(
      Number.isInteger(value) && value >= 1,
      'invalid-argument',
      () => `${field} must be a positive integer, got ${value}`,
      field,
    );
  }
  ensure(
    Number.isFinite(learningRate) && learningRate > 0,
    'invalid-argument',
    () => `learningRate must be positive, got ${learningRate}`,
    'learningRate',
  );
}
