import { join } from 'node:path';
import { ensure } from '../../errors.js';
import { openFlow } from '../../flows/flow-store.js';
import { DETERMINISTIC } from '../../flow/stochasticity.js';
import { architectureName, type Architecture } from '../../network/architecture.js';
import { Sampler } from '../../sampling/sampler.js';
import type { PreparedTask } from '../../zoo/prepared-task.js';
import type { Zoo } from '../../zoo/zoo.js';
import type { ExperimentRun } from '../experiment-run.js';
import type { ScalingBudget } from './budget.js';
import { measureCopying, type CopyingFigures } from './copying.js';
import { populationFigures, type PopulationFigures } from './population-figures.js';
import { scalingMetric } from './scaling-metric.js';
import { runNumbers, scalingRuns } from './scaling-runs.js';
import { cellsOf, FLOWS_FOLDER, trainCell, type Cell, type CellTraining } from './train-cell.js';

/** One flow: how it was trained, and what its samples do. */
export interface CellResult {
  readonly cell: Cell;
  readonly training: CellTraining;
  /** Runs outside the training. */
  readonly outside: number;
  readonly samples: PopulationFigures;
  readonly copying: CopyingFigures;
}

export interface ScalingResults {
  readonly task: string;
  /** As people write it. */
  readonly architecture: string;
  /** Complete runs of the zoo, and snapshots of each on average. */
  readonly runs: number;
  readonly snapshots: number;
  /** Directions of the input metric. */
  readonly directions: number;
  /** Final networks of the zoo. */
  readonly trained: PopulationFigures;
  readonly cells: readonly CellResult[];
}

export interface ScalingOptions {
  readonly zoo: Zoo;
  /** Data and split of the zoo. */
  readonly task: PreparedTask;
  /** One of the zoo's. */
  readonly architecture: Architecture;
  readonly budget: ScalingBudget;
  /** Of parameters, batches and samples. */
  readonly seed: number;
}

/**
 * Flows of several sizes, trained for several numbers of updates on the first runs of a zoo: how
 * accurate their samples are, and how near to the runs that they were trained on.
 *
 * @throws WeightspringError `invalid-argument` for a zoo with fewer runs than the smallest size,
 * `cancelled` if the run is stopped; the same call continues it
 */
export async function scalingExperiment(
  run: ExperimentRun,
  { zoo, task, architecture, budget, seed }: ScalingOptions,
): Promise<ScalingResults> {
  const available = runNumbers(zoo, architecture).length;
  const cells = cellsOf(budget, available);
  ensure(
    cells.length > 0,
    'invalid-argument',
    () =>
      `expected a zoo of ${Math.min(...budget.zooSizes)} runs of ${architectureName(architecture)} ` +
      `or more, got ${available}`,
    '--zoo',
  );
  const metric = await scalingMetric(run, task, budget.directions);
  const { inside: all } = scalingRuns(zoo, architecture, available, 0);
  const finals = all.finalNetworksOf(0).map(({ weights }) => weights);
  const trained = await run.once<PopulationFigures>('trained-networks', () =>
    populationFigures(
      architecture,
      finals.slice(0, budget.samples),
      task,
      run.watcher('trained networks'),
    ),
  );
  const trainings: CellTraining[] = [];
  for (const cell of cells) {
    const runs = scalingRuns(zoo, architecture, cell.runs, budget.heldOut);
    trainings.push(
      await run.once(`trained/${cell.name}`, () =>
        trainCell(run, cell, { runs, metric, task, budget, seed }),
      ),
    );
  }
  const modelsDir = run.path(FLOWS_FOLDER);
  const sampler = await Sampler.open({ modelsDir });
  const results: CellResult[] = [];
  try {
    for (const [index, cell] of cells.entries()) {
      const { inside, outside } = scalingRuns(zoo, architecture, cell.runs, budget.heldOut);
      const figures = await run.once(`samples/${cell.name}`, async () => {
        const samples = await draw(sampler, cell, architecture, budget, seed, run.signal);
        const { coordinates } = await openFlow(join(modelsDir, cell.name));
        const question = {
          architecture,
          coordinates,
          trained: inside.finalNetworksOf(0),
          outside: outside.finalNetworksOf(0),
          samples,
          most: budget.samples,
        };
        return {
          samples: await populationFigures(
            architecture,
            samples,
            task,
            run.watcher(`measure ${cell.name}`),
          ),
          copying: await measureCopying(question, run.signal),
        };
      });
      const training = trainings[index] as CellTraining;
      results.push({ cell, training, outside: outside.finalNetworksOf(0).length, ...figures });
    }
  } finally {
    await sampler.close();
  }
  return {
    task: task.task,
    architecture: architectureName(architecture),
    runs: available,
    snapshots: all.networks.length / available,
    directions: metric.rank,
    trained,
    cells: results,
  };
}

async function draw(
  sampler: Sampler,
  { name }: Cell,
  architecture: Architecture,
  { samples: count, steps }: ScalingBudget,
  seed: number,
  signal: AbortSignal | undefined,
): Promise<readonly Float32Array[]> {
  const drawn = await sampler.sampleWeights(
    {
      flow: name,
      architecture,
      seed,
      firstIndex: 0,
      count,
      solver: 'euler',
      steps,
      timeGrid: 'early',
      stochasticity: DETERMINISTIC,
    },
    signal === undefined ? {} : { signal },
  );
  return drawn.map(({ weights }) => weights);
}
