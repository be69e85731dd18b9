import { WeightspringError } from '../errors.js';
import { mean } from '../evaluation/population-metrics.js';
import type { PopulationGroup } from '../flow/tensor-scales.js';
import type { TrainedFlow } from '../training/flow-run.js';
import type { FlowTrainingConfig } from '../training/flow-training-config.js';
import type { PreparationOptions } from '../training/prepare-training.js';
import { trainFlow } from '../training/train-flow.js';
import { readTrainingLog, TrainingLog } from '../training/training-log.js';
import type { ExperimentRun } from './experiment-run.js';

export interface FinishedFlow {
  readonly trained: TrainedFlow;
  /** Name of the engine used. */
  readonly engine: string;
  /** Mean loss of the last tenth of the updates. */
  readonly loss: number;
  readonly durationSeconds: number;
}

/** Last fraction of the updates, whose loss is reported. */
const LAST = 0.1;

/**
 * Trains a flow in a run; a stopped training continues from its checkpoint.
 *
 * @param name - name of the flow, for its folder of checkpoints and for progress
 * @param data - what the configuration needs beside the population; default nothing
 * @throws WeightspringError `cancelled` if the run is stopped
 */
export async function trainInRun(
  run: ExperimentRun,
  name: string,
  population: PopulationGroup,
  config: FlowTrainingConfig,
  data: Omit<PreparationOptions, 'teacher'> = {},
): Promise<FinishedFlow> {
  const engine = await run.engine();
  const runDir = run.path('training', name);
  const log = await TrainingLog.open(runDir);
  let trained: TrainedFlow;
  try {
    trained = await trainFlow([population], config, {
      engine,
      runDir,
      ...data,
      ...(run.signal === undefined ? {} : { signal: run.signal }),
      onStep: (record) => {
        log.write(record);
        const note = `loss ${record.loss.toFixed(4)}`;
        run.progress(`train ${name}`, record.step, config.steps, note);
      },
    });
  } finally {
    await log.close();
  }
  if (trained.step < config.steps) {
    throw new WeightspringError(
      'cancelled',
      `stopped at update ${trained.step} of ${config.steps} of ${name}; ` +
        'run the same command to continue',
    );
  }
  const records = await readTrainingLog(runDir);
  const last = records.filter(({ step }) => step > (1 - LAST) * config.steps);
  return {
    trained,
    engine: engine.name,
    loss: mean(last.map(({ loss }) => loss)),
    durationSeconds: Math.round(
      records.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000,
    ),
  };
}
