import { stat } from 'node:fs/promises';
import { alignPopulation } from '../../alignment/align-population.js';
import { WeightspringError } from '../../errors.js';
import { accessFile, nullIfAbsent } from '../../files/file-error.js';
import type { PopulationGroup } from '../../flow/tensor-scales.js';
import type { Watcher } from '../../pace.js';
import type { PreparedTask } from '../../zoo/prepared-task.js';
import { zooRecipe } from '../../zoo/recipes.js';
import type { SnapshotPlan } from '../../zoo/snapshot-plan.js';
import { trainZooFile } from '../../zoo/train-zoo-file.js';
import type { Zoo } from '../../zoo/zoo.js';
import { readZoo } from '../../zoo/zoo-file.js';
import type { ExperimentRun } from '../experiment-run.js';

export interface ThesisZooOptions {
  readonly runs: number;
  readonly epochs: number;
  /** Default: as many as in the thesis. */
  readonly snapshots?: SnapshotPlan;
  readonly seed: number;
}

/**
 * The thesis's zoo of a task: trained once, then read from the run's folder. A stopped training
 * continues.
 */
export async function thesisZoo(
  run: ExperimentRun,
  task: PreparedTask,
  { runs, epochs, snapshots, seed }: ThesisZooOptions,
): Promise<Zoo> {
  const path = run.path('zoo.zoo');
  const known = await accessFile({ action: 'read', path, what: 'a zoo file' }, () =>
    stat(path).catch(nullIfAbsent),
  );
  if (known !== null) return readZoo(path);
  const { architectures, training } = zooRecipe(task, 'thesis');
  return trainZooFile(
    task,
    {
      architectures: architectures.map(({ architecture }) => ({ architecture, runs })),
      training: { ...training, epochs, ...(snapshots === undefined ? {} : { snapshots }) },
      seed,
    },
    {
      engine: await run.engine(),
      signal: run.signal,
      out: path,
      runDir: run.path('training', 'zoo'),
      onProgress: ({ done, total }) => {
        run.progress('zoo', done, total);
      },
    },
  );
}

/** All snapshots of the zoo's first architecture, as trained or aligned to one final network. */
export async function populationOf(
  zoo: Zoo,
  isAligned: boolean,
  watcher: Watcher = {},
): Promise<PopulationGroup> {
  const [architecture] = zoo.architectures;
  const [reference] = zoo.finalNetworksOf(0);
  if (architecture === undefined || reference === undefined) {
    throw new WeightspringError('invalid-argument', 'the zoo has no completely trained network');
  }
  const networks = zoo.networksOf(0).map(({ weights }) => weights);
  return {
    architecture,
    networks: isAligned
      ? (await alignPopulation(networks, architecture, { reference: reference.weights }, watcher))
          .networks
      : networks,
  };
}
