import { WeightspringError } from '../errors.js';
import { reducedArchitecture } from '../flow/reduced-architecture.js';
import type { OpenedFlow } from '../flows/flow-store.js';
import { networkOf } from '../network/network.js';
import type { TrainedFlow } from '../training/flow-run.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../training/flow-training-config.js';
import { prepareTraining, type PreparationOptions } from '../training/prepare-training.js';
import { trainPrepared } from '../training/train-flow.js';
import { TrainingLog } from '../training/training-log.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import { chooseVelocityConfig } from '../velocity/choose-velocity-config.js';
import type { Zoo } from '../zoo/zoo.js';
import { chosenBehaviour } from './behaviour-options.js';
import { openTeacher } from './distil.js';
import { openEngine } from './engine.js';
import { QUIET_MS, withProgress } from './progress.js';
import type { TrainFlags } from './train-flags.js';
import { chosenVelocity } from './velocity-options.js';

/**
 * What the options ask for, with a velocity network for the networks of the zoo, reduced where there
 * is an input metric.
 *
 * @param rank - of the input metric
 */
export function trainingConfig(
  flags: TrainFlags,
  zoo: Zoo,
  rank: number | undefined,
): FlowTrainingConfig {
  const points = zoo.architectures.map((arch) =>
    rank === undefined ? arch : reducedArchitecture(arch, networkOf(arch).inputs, rank),
  );
  return {
    ...FLOW_TRAINING_DEFAULTS,
    // Only what is chosen: runs and flows from before there was a choice stay what they are.
    ...(flags.lossMean === 'tensors' ? {} : { lossMean: flags.lossMean }),
    ...(flags.skip === 'all' ? {} : { skip: flags.skip }),
    ...(flags.prior === 'uniform' ? {} : { prior: flags.prior }),
    ...(rank === undefined ? {} : { inputMetric: rank }),
    ...chosenBehaviour(flags),
    velocity: chooseVelocityConfig(flags.velocity, points, chosenVelocity(flags)),
    geometry: flags.geometry,
    prediction: flags.prediction,
    loss: flags.loss,
    coupling: flags.coupling,
    times: flags.times,
    schedule: { kind: flags.schedule },
    batchSize: flags.batch,
    steps: flags.steps,
    learningRate: flags.learningRate,
    seed: flags.seed,
  };
}

/** Incoming weights that a token can write beside the outgoing ones, with a density. */
export function mostDirections(flags: TrainFlags, zoo: Zoo): number | undefined {
  const velocity = chooseVelocityConfig(flags.velocity, zoo.architectures, chosenVelocity(flags));
  const { bottleneck } = createVelocityNetwork(velocity);
  if (bottleneck?.per !== 'neuron') return undefined;
  return Math.max(1, bottleneck.width - velocity.outputs - 1);
}

/** What a flow is trained on beside the zoo. */
interface TrainingData extends Omit<PreparationOptions, 'teacher'> {
  /** That a flow map is distilled from. */
  readonly flow?: OpenedFlow | undefined;
}

/**
 * Trains, or continues a training.
 *
 * @throws WeightspringError `cancelled` when it was stopped
 */
export async function trainOn(
  zoo: Zoo,
  config: FlowTrainingConfig,
  { flow, ...data }: TrainingData,
  flags: TrainFlags,
  signal: AbortSignal,
): Promise<{ readonly trained: TrainedFlow; readonly engine: string }> {
  const engine = await openEngine(flags.engine, {
    ...flags,
    segments: flags.recomputeSegments,
  });
  const teacher = flow && (await openTeacher(flow, flags));
  const log = await TrainingLog.open(flags.runDir);
  const population = zoo.architectures.map((architecture, index) => ({
    architecture,
    networks: zoo.networksOf(index).map(({ weights }) => weights),
  }));
  let trained: TrainedFlow;
  try {
    const prepared = await withProgress(
      'prepare',
      (onProgress) =>
        prepareTraining(population, config, { ...data, teacher }, { signal, onProgress }),
      { quietMs: QUIET_MS },
    );
    trained = await withProgress('train', (report) =>
      trainPrepared(prepared, config, {
        engine,
        runDir: flags.runDir,
        checkpointEvery: flags.checkpointEvery,
        signal,
        onStep: (record) => {
          log.write(record);
          report(record.step, config.steps, `loss ${record.loss.toFixed(4)}`);
        },
      }),
    );
  } finally {
    await teacher?.close();
    await log.close();
  }
  if (trained.step < config.steps) {
    throw new WeightspringError(
      'cancelled',
      `stopped at step ${trained.step} of ${config.steps}; the same command continues`,
    );
  }
  return { trained, engine: engine.name };
}
