import { WeightspringError } from '../errors.js';
import {
  FLOW_TRAINING_DEFAULTS,
  trainFlow,
  type FlowTrainingConfig,
  type TrainedFlow,
} from '../training/train-flow.js';
import { TrainingLog } from '../training/training-log.js';
import { chooseVelocityConfig } from '../velocity/choose-velocity-config.js';
import type { Zoo } from '../zoo/zoo.js';
import { openEngine } from './engine.js';
import { withProgress } from './progress.js';
import type { TrainFlags } from './train-flags.js';
import { chosenVelocity } from './velocity-options.js';

/** What the options ask for, with a velocity network for the networks of the zoo. */
export function trainingConfig(flags: TrainFlags, zoo: Zoo): FlowTrainingConfig {
  return {
    ...FLOW_TRAINING_DEFAULTS,
    velocity: chooseVelocityConfig(flags.velocity, zoo.architectures, chosenVelocity(flags)),
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

/**
 * Trains, or continues a training.
 *
 * @throws WeightspringError `cancelled` when it was stopped
 */
export async function trainOn(
  zoo: Zoo,
  config: FlowTrainingConfig,
  flags: TrainFlags,
  signal: AbortSignal,
): Promise<{ readonly trained: TrainedFlow; readonly engine: string }> {
  const engine = await openEngine(flags.engine, flags.device, flags.recomputeSegments);
  const log = await TrainingLog.open(flags.runDir);
  const population = zoo.architectures.map((architecture, index) => ({
    architecture,
    networks: zoo.networksOf(index).map(({ weights }) => weights),
  }));
  let trained: TrainedFlow;
  try {
    trained = await withProgress('train', (report) =>
      trainFlow(population, config, {
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
