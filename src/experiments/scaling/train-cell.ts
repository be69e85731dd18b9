import type { InputMetric } from '../../flow/input-metric.js';
import { storeTrainedFlow } from '../../flows/store-trained-flow.js';
import {
  FLOW_TRAINING_DEFAULTS,
  type FlowTrainingConfig,
} from '../../training/flow-training-config.js';
import { chooseVelocityConfig } from '../../velocity/choose-velocity-config.js';
import { partData, type PreparedTask } from '../../zoo/prepared-task.js';
import type { ExperimentRun } from '../experiment-run.js';
import { trainInRun } from '../train-in-run.js';
import type { FlowSize, ScalingBudget } from './budget.js';
import { groupOf, type ScalingRuns } from './scaling-runs.js';

/** One flow of the experiment. */
export interface Cell extends FlowSize {
  /** Name of the stored flow: `scaling-n30-u1000-w96-b2`. */
  readonly name: string;
  /** Runs that it is trained on. */
  readonly runs: number;
  readonly updates: number;
}

/** How the training of a flow went. */
export interface CellTraining {
  /** Losses of the averaged parameters after the last update; null without runs outside. */
  readonly losses: { readonly training: number; readonly heldOut: number } | null;
  readonly durationSeconds: number;
}

export interface CellData {
  readonly runs: ScalingRuns;
  readonly metric: InputMetric;
  readonly task: PreparedTask;
  readonly budget: ScalingBudget;
  readonly seed: number;
}

/** Folder of the trained flows in a run. */
export const FLOWS_FOLDER = 'flows';

/** All flows of a budget that a zoo of so many runs allows. */
export function cellsOf(budget: ScalingBudget, available: number): readonly Cell[] {
  return budget.flowSizes.flatMap(({ width, blocks }) =>
    budget.zooSizes
      .filter((runs) => runs <= available)
      .flatMap((runs) =>
        budget.updateCounts.map((updates) => ({
          name: `scaling-n${runs}-u${updates}-w${width}-b${blocks}`,
          runs,
          updates,
          width,
          blocks,
        })),
      ),
  );
}

/**
 * Trains one flow and stores it; a stopped training continues from its checkpoint.
 *
 * @throws WeightspringError `cancelled` if the run is stopped
 */
export async function trainCell(
  run: ExperimentRun,
  cell: Cell,
  { runs: { inside, outside }, metric, task, budget, seed }: CellData,
): Promise<CellTraining> {
  const [population, apart] = [groupOf(inside), groupOf(outside)];
  const { architecture } = population;
  const hasOutside = apart.networks.length > 0;
  const config: FlowTrainingConfig = {
    ...FLOW_TRAINING_DEFAULTS,
    geometry: 'geometric',
    skip: 'euclidean',
    prior: 'matched',
    lossMean: 'coordinates',
    inputMetric: metric.rank,
    behaviour: { weight: 0.5, rows: budget.rows },
    velocity: chooseVelocityConfig(
      'neuron-transformer',
      [metric.reducedArchitecture(architecture)],
      { width: cell.width, blocks: cell.blocks },
    ),
    batchSize: budget.batch,
    learningRate: 3e-3,
    steps: cell.updates,
    seed,
    // Measured once, after the last update: what more updates do is what the experiment shows.
    ...(hasOutside
      ? { heldOut: { fraction: fractionOf(outside, inside), every: cell.updates, patience: 1 } }
      : {}),
  };
  const { trained, engine, durationSeconds } = await trainInRun(
    run,
    cell.name,
    population,
    config,
    {
      inputMetric: metric,
      rows: partData(task, 'train').features,
      ...(hasOutside ? { heldOut: [apart] } : {}),
    },
  );
  await storeTrainedFlow(run.path(FLOWS_FOLDER, cell.name), {
    name: cell.name,
    description: `A flow over ${cell.runs} runs, ${cell.updates} updates, width ${cell.width}`,
    zoo: inside,
    config,
    trained,
    engine,
    durationSeconds,
    sampling: { steps: budget.steps, solver: 'euler', timeGrid: 'early' },
  });
  const { best } = trained;
  return {
    losses: best === undefined ? null : { training: best.training, heldOut: best.heldOut },
    durationSeconds,
  };
}

function fractionOf(part: ScalingRuns['outside'], rest: ScalingRuns['inside']): number {
  const [a, b] = [part.finalNetworksOf(0).length, rest.finalNetworksOf(0).length];
  return a / (a + b);
}
