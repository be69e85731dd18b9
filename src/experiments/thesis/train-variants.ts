import type { PopulationGroup } from '../../flow/tensor-scales.js';
import { storeTrainedFlow } from '../../flows/store-trained-flow.js';
import type { PreparationOptions } from '../../training/prepare-training.js';
import type { Zoo } from '../../zoo/zoo.js';
import type { ExperimentRun } from '../experiment-run.js';
import { trainInRun } from '../train-in-run.js';
import { variantConfig, type FlowRecipe } from './flow-recipe.js';
import { populationOf } from './thesis-zoo.js';
import { SETTING_DETAILS, type Variant } from './variants.js';

/** How the training of a flow went. */
export interface VariantTraining {
  /** Digest of the stored flow. */
  readonly sha256: string;
  /** Mean loss of the last tenth of the updates. */
  readonly loss: number;
  readonly durationSeconds: number;
}

/** Folder of the trained flows in a run. */
export const FLOWS_FOLDER = 'flows';

/** Input metric and rows of the training part, as far as a recipe has use for them. */
type RecipeRows = Pick<PreparationOptions, 'inputMetric' | 'rows'>;

export interface VariantTrainingOptions {
  readonly zoo: Zoo;
  readonly recipe: FlowRecipe;
  readonly seed: number;
  /** Called if there is a flow to train. Default: the recipe needs nothing beside the zoo. */
  readonly data?: () => Promise<RecipeRows>;
}

/**
 * Trains the flows of an experiment and stores them, each once; a stopped training continues from
 * its checkpoint.
 *
 * @throws WeightspringError `cancelled` if the run is stopped
 */
export async function trainVariants(
  run: ExperimentRun,
  variants: readonly Variant[],
  options: VariantTrainingOptions,
): Promise<readonly VariantTraining[]> {
  const { zoo, data = () => Promise.resolve({}) } = options;
  const populations = new Map<boolean, Promise<PopulationGroup>>();
  let rows: Promise<RecipeRows> | undefined;
  const populationFor = ({ setting }: Variant): Promise<PopulationGroup> => {
    const { isAligned } = SETTING_DETAILS[setting];
    const population =
      populations.get(isAligned) ?? populationOf(zoo, isAligned, run.watcher('align'));
    populations.set(isAligned, population);
    return population;
  };
  const trainings: VariantTraining[] = [];
  for (const variant of variants) {
    trainings.push(
      await run.once(`trained/${variant.name}`, async () => {
        const population = await populationFor(variant);
        return trainVariant(run, variant, population, await (rows ??= data()), options);
      }),
    );
  }
  return trainings;
}

async function trainVariant(
  run: ExperimentRun,
  variant: Variant,
  population: PopulationGroup,
  data: RecipeRows,
  { zoo, recipe, seed }: VariantTrainingOptions,
): Promise<VariantTraining> {
  const { name, geometry, setting } = variant;
  const config = variantConfig(variant, population.architecture, recipe, seed);
  const { trained, engine, loss, durationSeconds } = await trainInRun(
    run,
    name,
    population,
    config,
    data,
  );
  const { sha256 } = await storeTrainedFlow(run.path(FLOWS_FOLDER, name), {
    name,
    description: `The ${geometry} flow over the ${recipe.zoo}, ${setting}`,
    zoo,
    config,
    trained,
    engine,
    durationSeconds,
    ...recipe.stored,
  });
  return { sha256, loss, durationSeconds };
}
