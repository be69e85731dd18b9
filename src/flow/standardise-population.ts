import { PacedWork } from '../pace.js';
import type { Coordinates } from './coordinates.js';
import type { PopulationGroup } from './tensor-scales.js';
import { WeightSpace } from './weight-space.js';

/** The points of the networks of one architecture. */
export interface StandardisedGroup {
  readonly space: WeightSpace;
  /** Flat coordinates, in the order of the networks. */
  readonly points: readonly Float32Array[];
}

/**
 * The coordinates of all networks of a population.
 *
 * @param work - advances by one unit per network
 * @throws WeightspringError as {@link WeightSpace.standardise}, and `cancelled`
 */
export async function standardisePopulation(
  population: readonly PopulationGroup[],
  coordinates: Coordinates,
  work: PacedWork = new PacedWork(),
): Promise<readonly StandardisedGroup[]> {
  const groups: StandardisedGroup[] = [];
  for (const { architecture, networks } of population) {
    const space = new WeightSpace(architecture, coordinates);
    const points: Float32Array[] = [];
    for (const network of networks) {
      points.push(space.standardise(network));
      await work.advance();
    }
    groups.push({ space, points });
  }
  return groups;
}
