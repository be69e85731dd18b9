import type { PopulationGroup } from '../flow/tensor-scales.js';
import { FlowRun, type FlowRunOptions, type TrainedFlow } from './flow-run.js';
import type { FlowTrainingConfig } from './flow-training-config.js';
import {
  prepareTraining,
  type PreparationOptions,
  type PreparedTraining,
} from './prepare-training.js';

export interface FlowTrainingOptions extends FlowRunOptions, PreparationOptions {}

/**
 * Trains a velocity network on a population of networks by flow matching.
 *
 * A run directory makes the run resumable: the same configuration and population continue
 * bit-exactly on the same engine.
 *
 * @throws WeightspringError `diverged` when the loss or its gradient is not finite, or the loss
 * explodes; the last good checkpoint stays; `cancelled` when it is stopped before the first step
 */
export async function trainFlow(
  population: readonly PopulationGroup[],
  config: FlowTrainingConfig,
  options: FlowTrainingOptions,
): Promise<TrainedFlow> {
  const { signal } = options;
  return trainPrepared(
    await prepareTraining(population, config, options, { signal }),
    config,
    options,
  );
}

/** What follows in {@link trainFlow} once the population is prepared. */
export async function trainPrepared(
  prepared: PreparedTraining,
  config: FlowTrainingConfig,
  options: FlowRunOptions,
): Promise<TrainedFlow> {
  const run = await FlowRun.open(prepared, config, options);
  try {
    return await run.train();
  } finally {
    await run.dispose();
  }
}
