import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import type { BaseTraining } from './base-trainer.js';
import { imageTraining } from './image-recipes.js';
import { zooRecipe, type RecipeData, type ZooRecipe } from './recipes.js';

/**
 * How networks of these architectures are trained on a data set by default: those that read images by
 * the recipe for these, if the data set has one.
 *
 * @param recipe - for the others. Default: that of the data set
 */
export function usualTraining(
  data: RecipeData,
  architectures: readonly Architecture[],
  recipe: Pick<ZooRecipe, 'training'> = zooRecipe(data),
): BaseTraining {
  const readImages = architectures.every((arch) => networkOf(arch).graph.input.length > 1);
  const ofImages = readImages && data.isBuiltIn ? imageTraining(data.task) : undefined;
  return ofImages ?? recipe.training;
}
