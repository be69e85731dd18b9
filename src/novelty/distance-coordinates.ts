import type { Coordinates } from '../flow/coordinates.js';
import { fitCoordinates } from '../flow/fit-coordinates.js';
import { isCanonical } from '../flow/geometry.js';
import { reducePopulation } from '../flow/reduced-data.js';
import type { PopulationGroup } from '../flow/tensor-scales.js';
import { hasSymmetry } from '../alignment/canonical-form.js';
import { WeightspringError } from '../errors.js';

/**
 * The coordinates in which distances of a flow's networks are measured: those of its points, as
 * canonical forms wherever neurons can be rescaled, so that all flows of a population measure
 * alike. A Euclidean flow has no scales of canonical forms: they are fitted to its population as
 * for a Normalized flow. Networks that have no canonical form stay as they are.
 *
 * @param coordinates - of the flow
 * @param population - what the flow was trained on
 * @throws WeightspringError as `fitCoordinates`
 */
export async function distanceCoordinates(
  { geometry, scales, logScales, inputMetric }: Coordinates,
  population: readonly PopulationGroup[],
): Promise<Coordinates> {
  if (isCanonical(geometry)) {
    // Chords of the spheres, also where a neuron has one input, whose sphere has no geodesics.
    return { geometry: 'normalized', scales, logScales, inputMetric };
  }
  const plain = { geometry, scales, logScales, inputMetric };
  if (!population.every(({ architecture }) => hasSymmetry(architecture, 'scale'))) return plain;
  try {
    if (inputMetric === undefined) return await fitCoordinates(population, 'normalized');
    const reduced = await reducePopulation(population, inputMetric);
    return { ...(await fitCoordinates(reduced, 'normalized')), inputMetric };
  } catch (error) {
    // A network whose last layer is zero, or whose logits are sums with its input.
    if (error instanceof WeightspringError) return plain;
    throw error;
  }
}
