import { buildReference } from '../../evaluation/build-reference.js';
import { measureNetwork } from '../../evaluation/measure-network.js';
import { populationMetrics, type PopulationMetrics } from '../../evaluation/population-metrics.js';
import type { FlowReference, ReferenceArchitecture } from '../../evaluation/reference.js';
import type { PopulationGroup } from '../../flow/tensor-scales.js';
import { PacedWork } from '../../pace.js';
import { Sampler } from '../../sampling/sampler.js';
import type { ClassificationMetrics } from '../../zoo/metrics.js';
import type { PreparedTask } from '../../zoo/prepared-task.js';
import { measureBarriers, type BarriersByMatcher } from '../barriers/measure-barriers.js';
import type { ExperimentRun } from '../experiment-run.js';
import type { WdbcBudget } from './budget.js';
import { fixedNormCrossEntropy, measureVariant, type SampleFigures } from './measure-variant.js';
import { populationOf, thesisZoo } from './thesis-zoo.js';
import { FLOWS_FOLDER, trainVariant, type VariantTraining } from './train-variant.js';
import { SETTING_DETAILS, VARIANTS, type Variant } from './variants.js';

/** The trained networks that samples are compared with. */
export interface ZooFigures {
  readonly trained: ReferenceArchitecture;
  readonly fixedNormCrossEntropy: number;
  /** The number of snapshots on which the flows are trained. */
  readonly networks: number;
}

export interface VariantResult {
  readonly variant: Variant;
  readonly training: VariantTraining;
  readonly samples: readonly SampleFigures[];
}

export interface WdbcResults {
  readonly zoo: ZooFigures;
  /** All snapshots, on which the flows are trained. */
  readonly snapshots: PopulationMetrics;
  readonly barriers: BarriersByMatcher;
  readonly variants: readonly VariantResult[];
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
  { task, budget, seed, variants = VARIANTS }: WdbcOptions,
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

  const trainings: VariantTraining[] = [];
  let aligned: PopulationGroup | undefined;
  for (const variant of variants) {
    trainings.push(
      await run.once(`trained/${variant.name}`, async () => {
        const population = SETTING_DETAILS[variant.setting].isAligned
          ? (aligned ??= await populationOf(zoo, true, run.watcher('align')))
          : asTrained;
        return trainVariant(run, variant, zoo, population, budget, seed);
      }),
    );
  }

  const results: VariantResult[] = [];
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
