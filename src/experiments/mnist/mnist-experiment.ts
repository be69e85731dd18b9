import { buildReference } from '../../evaluation/build-reference.js';
import { measureOnTestPart } from '../../evaluation/measure-test-part.js';
import type { FlowReference, ReferenceArchitecture } from '../../evaluation/reference.js';
import { createPace } from '../../pace.js';
import { Sampler } from '../../sampling/sampler.js';
import type { BaseTraining } from '../../zoo/base-trainer.js';
import { partData, type PreparedTask } from '../../zoo/prepared-task.js';
import type { Zoo } from '../../zoo/zoo.js';
import type { ExperimentRun } from '../experiment-run.js';
import { thesisZoo } from '../thesis/thesis-zoo.js';
import { FLOWS_FOLDER, trainVariants, type VariantTraining } from '../thesis/train-variants.js';
import type { VariantResult } from '../thesis/variant-result.js';
import type { Variant } from '../thesis/variants.js';
import type { MnistBudget } from './budget.js';
import {
  measureMnist,
  measureWide,
  together,
  type MnistSamples,
  type TogetherFigures,
  type WideSamples,
} from './measure-mnist.js';
import { MNIST_ARCHITECTURE, MNIST_VARIANTS, mnistRecipe } from './mnist-recipe.js';
import { recipeData } from './recipe-data.js';

/** The trained networks that samples are compared with. */
export interface MnistZooFigures extends TogetherFigures {
  readonly trained: ReferenceArchitecture;
  /** How they were trained. */
  readonly training: BaseTraining;
  /** The number of snapshots on which the flows are trained. */
  readonly networks: number;
}

export interface MnistVariantResult extends VariantResult<MnistSamples> {
  /** Samples 784-32-10, of equivariant flows; null for the others. */
  readonly wide: readonly WideSamples[] | null;
}

export interface MnistResults {
  readonly zoo: MnistZooFigures;
  readonly variants: readonly MnistVariantResult[];
}

export interface MnistOptions {
  readonly task: PreparedTask;
  readonly budget: MnistBudget;
  /** Of zoo, flows and samples. */
  readonly seed: number;
  /** As `readMnistZoo` reads it. Default: trained as in the thesis, in the run's folder. */
  readonly zoo?: Zoo | undefined;
  /** Default: all. */
  readonly variants?: readonly Variant[];
}

/**
 * The thesis's MNIST experiment: its zoo, and three flows in four settings by the recipe for reduced
 * networks, sampled by Euler's method, at the width of the zoo and beyond.
 *
 * @throws WeightspringError `cancelled` if the run is stopped; the same call continues it
 */
export async function mnistExperiment(
  run: ExperimentRun,
  { task, budget, seed, zoo: given, variants = MNIST_VARIANTS }: MnistOptions,
): Promise<MnistResults> {
  const zoo = given ?? (await thesisZoo(run, task, { ...budget, seed }));
  const reference = await run.once<FlowReference>('reference', () =>
    buildReference(zoo, task, run.watcher('reference'), budget.interpolations),
  );
  const test = partData(task, 'test');
  const zooFigures = await run.once<MnistZooFigures>('zoo-figures', async () => {
    const [trained] = reference.architectures as readonly [ReferenceArchitecture];
    const finals = zoo.finalNetworksOf(0).map(({ weights }) => weights);
    const stage = run.watcher('zoo-figures');
    const measured = await measureOnTestPart(MNIST_ARCHITECTURE, finals, test, stage);
    return {
      trained,
      training: zoo.header.training,
      networks: zoo.networks.length,
      ...(await together(measured, test, createPace(run.signal))),
    };
  });
  const trainings = await trainVariants(run, variants, {
    zoo,
    recipe: mnistRecipe(budget),
    seed,
    data: () => recipeData(run, task, budget),
  });
  const results: MnistVariantResult[] = [];
  const sampler = await Sampler.open({ modelsDir: run.path(FLOWS_FOLDER) });
  try {
    const context = { sampler, zoo, reference, task, test, budget, seed };
    for (const [index, variant] of variants.entries()) {
      results.push({
        variant,
        training: trainings[index] as VariantTraining,
        samples: await measureMnist(run, variant, context),
        wide: variant.setting === 'equivariant' ? await measureWide(run, variant, context) : null,
      });
    }
  } finally {
    await sampler.close();
  }
  return { zoo: zooFigures, variants: results };
}
