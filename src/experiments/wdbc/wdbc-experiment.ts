import { buildReference } from '../../evaluation/build-reference.js';
import { measureNetwork } from '../../evaluation/measure-network.js';
import { populationMetrics, type PopulationMetrics } from '../../evaluation/population-metrics.js';
import type { FlowReference, ReferenceArchitecture } from '../../evaluation/reference.js';
import { PacedWork } from '../../pace.js';
import { Sampler } from '../../sampling/sampler.js';
import type { ClassificationMetrics } from '../../zoo/metrics.js';
import type { PreparedTask } from '../../zoo/prepared-task.js';
import { measureBarriers, type BarriersByMatcher } from '../barriers/measure-barriers.js';
import type { ExperimentRun } from '../experiment-run.js';
import { populationOf, thesisZoo } from '../thesis/thesis-zoo.js';
import { FLOWS_FOLDER, trainVariants, type VariantTraining } from '../thesis/train-variants.js';
import type { VariantResult } from '../thesis/variant-result.js';
import type { Variant } from '../thesis/variants.js';
import type { WdbcBudget } from './budget.js';
import { fixedNormCrossEntropy, measureVariant, type SampleFigures } from './measure-variant.js';
import { WDBC_VARIANTS, wdbcRecipe } from './wdbc-recipe.js';

/** The trained networks that samples are compared with. */
export interface ZooFigures {
  readonly trained: ReferenceArchitecture;
  readonly fixedNormCrossEntropy: number;
  /** The number of snapshots on which the flows are trained. */
  readonly networks: number;
}

export type WdbcVariantResult = VariantResult<SampleFigures>;

export interface WdbcResults {
  readonly zoo: ZooFigures;
  /** All snapshots, on which the flows are trained. */
  readonly snapshots: PopulationMetrics;
  readonly barriers: BarriersByMatcher;
  readonly variants: readonly WdbcVariantResult[];
}

export interface WdbcOptions {
  readonly task: PreparedTask;
  readonly budget: WdbcBudget;
  /** Of zoo, pairs, flows and samples. */
  readonly seed: number;
  /** Default: all. */
  readonly variants?: readonly Variant[];
}

/**
 * The thesis's WDBC experiment: its zoo, loss barriers before and after alignment, and three flows
 * in four settings, sampled with every solver.
 *
 * @throws WeightspringError `cancelled` if the run is stopped; the same call continues it
 */
export async function wdbcExperiment(
  run: ExperimentRun,
  { task, budget, seed, variants = WDBC_VARIANTS }: WdbcOptions,
): Promise<WdbcResults> {
  const zoo = await thesisZoo(run, task, { ...budget, seed });
  const reference = await run.once<FlowReference>('reference', () =>
    buildReference(zoo, task, run.watcher('reference')),
  );
  const [trained] = reference.architectures as readonly [ReferenceArchitecture];
  const asTrained = await populationOf(zoo, false);
  const { architecture } = asTrained;
  const figures = await run.once<ZooFigures>('zoo-figures', async () => ({
    trained,
    fixedNormCrossEntropy: await fixedNormCrossEntropy(
      architecture,
      zoo.finalNetworksOf(0).map(({ weights }) => weights),
      task,
      run.watcher('zoo-figures'),
    ),
    networks: asTrained.networks.length,
  }));

  const snapshots = await run.once<PopulationMetrics>('snapshots', async () => {
    const work = new PacedWork(asTrained.networks.length, run.watcher('snapshots'));
    const metrics: ClassificationMetrics[] = [];
    for (const weights of asTrained.networks) {
      metrics.push((await measureNetwork(architecture, weights, task, work.pace)).test);
      await work.advance();
    }
    return populationMetrics(metrics);
  });

  const recipe = wdbcRecipe(budget);
  const trainings = await trainVariants(run, variants, { zoo, recipe, seed });
  const results: WdbcVariantResult[] = [];
  const sampler = await Sampler.open({ modelsDir: run.path(FLOWS_FOLDER) });
  try {
    const context = { sampler, reference, task, architecture, budget, seed };
    for (const [index, variant] of variants.entries()) {
      const training = trainings[index] as VariantTraining;
      results.push({ variant, training, samples: await measureVariant(run, variant, context) });
    }
  } finally {
    await sampler.close();
  }
  const barriers = await measureBarriers(run, zoo, task, { pairs: budget.pairs, seed });
  return { zoo: figures, snapshots, barriers, variants: results };
}
