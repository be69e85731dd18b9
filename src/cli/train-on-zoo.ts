import { ensure, WeightspringError } from '../errors.js';
import { reducedArchitecture } from '../flow/reduced-architecture.js';
import type { OpenedFlow } from '../flows/flow-store.js';
import type { TrainedFlow } from '../training/flow-run.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../training/flow-training-config.js';
import { prepareTraining, type PreparationOptions } from '../training/prepare-training.js';
import { trainPrepared } from '../training/train-flow.js';
import { HELD_OUT_LOG, type HeldOutRecord } from '../training/held-out.js';
import { TrainingLog } from '../training/training-log.js';
import { createVelocityNetwork } from '../velocity/create-velocity-network.js';
import { chooseVelocityConfig } from '../velocity/choose-velocity-config.js';
import { holdOutRuns, type SplitZoo } from '../zoo/held-out-runs.js';
import type { Zoo } from '../zoo/zoo.js';
import { chosenBehaviour } from './behaviour-options.js';
import { usualBatchThreads } from './batch-threads.js';
import { openTeacher } from './distil.js';
import { openEngine } from './engine.js';
import { metricShape } from './input-metric.js';
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
    rank === undefined ? arch : reducedArchitecture(arch, metricShape(zoo, rank)),
  );
  return {
    ...FLOW_TRAINING_DEFAULTS,
    // Only what is chosen: runs and flows from before there was a choice stay what they are.
    ...(flags.lossMean === 'tensors' ? {} : { lossMean: flags.lossMean }),
    ...(flags.skip === 'all' ? {} : { skip: flags.skip }),
    ...(flags.prior === 'uniform' ? {} : { prior: flags.prior }),
    ...(rank === undefined ? {} : { inputMetric: rank }),
    ...chosenBehaviour(flags),
    ...chosenHeldOut(flags),
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

function chosenHeldOut({
  heldOut: fraction,
  checkpointEvery: every,
  patience,
}: TrainFlags): Pick<FlowTrainingConfig, 'heldOut'> {
  return fraction === 0 ? {} : { heldOut: { fraction, every, patience } };
}

/**
 * The networks of the zoo, split as `--held-out` asks.
 *
 * @throws WeightspringError `invalid-argument` where that holds out no run
 */
export function splitByFlags(zoo: Zoo, { heldOut, seed }: TrainFlags): SplitZoo {
  const split = holdOutRuns(zoo, heldOut, seed);
  ensure(
    heldOut === 0 || split.heldOut.length > 0,
    'invalid-argument',
    () =>
      `--held-out: expected a fraction that takes a run of some architecture and leaves two, got ` +
      `${heldOut} of ${Math.max(0, ...zoo.header.architectures.map(({ runs }) => runs))} runs at ` +
      'most: take another fraction, or a zoo with more runs',
    '--held-out',
  );
  return split;
}

/** Incoming weights that a token can write beside the outgoing ones, with a density. */
export function mostDirections(flags: TrainFlags, zoo: Zoo): number | undefined {
  const velocity = chooseVelocityConfig(flags.velocity, zoo.architectures, chosenVelocity(flags));
  const { bottleneck } = createVelocityNetwork(velocity);
  if (bottleneck?.per !== 'neuron') return undefined;
  return Math.max(1, bottleneck.width - velocity.outputs - 1);
}

/** What a flow is trained on beside the zoo. */
interface TrainingData extends Omit<PreparationOptions, 'teacher' | 'heldOut'> {
  /** That a flow map is distilled from. */
  readonly flow?: OpenedFlow | undefined;
}

/**
 * Trains, or continues a training.
 *
 * @throws WeightspringError `cancelled` when it was stopped
 */
export async function trainOn(
  { training, heldOut }: SplitZoo,
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
  const heldOutLog =
    config.heldOut && (await TrainingLog.open<HeldOutRecord>(flags.runDir, HELD_OUT_LOG));
  let trained: TrainedFlow;
  try {
    const prepared = await withProgress(
      'prepare',
      (onProgress) =>
        prepareTraining(training, config, { ...data, teacher, heldOut }, { signal, onProgress }),
      { quietMs: QUIET_MS },
    );
    trained = await withProgress('train', (report) => {
      let [loss, measured] = ['', ''];
      const show = (step: number): void => {
        report(step, config.steps, loss + measured);
      };
      return trainPrepared(prepared, config, {
        engine,
        runDir: flags.runDir,
        checkpointEvery: flags.checkpointEvery,
        batchThreads: flags.batchThreads ?? usualBatchThreads(engine),
        signal,
        onStep: (record) => {
          log.write(record);
          loss = `loss ${record.loss.toFixed(4)}`;
          show(record.step);
        },
        onHeldOut: (record) => {
          heldOutLog?.write(record);
          const [apart, own] = [record.heldOut, record.training].map((loss) => loss.toFixed(4));
          measured = `, held out ${apart} beside ${own} at ${record.step}`;
          show(record.step);
        },
      });
    });
  } finally {
    await teacher?.close();
    await log.close();
    await heldOutLog?.close();
  }
  if (!trained.isComplete) {
    throw new WeightspringError(
      'cancelled',
      `stopped at step ${trained.step} of ${config.steps}; the same command continues`,
    );
  }
  return { trained, engine: engine.name };
}
