import { canonicalForm, type CanonicalNetwork } from '../alignment/canonical-form.js';
import { PacedWork } from '../pace.js';
import type { Coordinates } from './coordinates.js';
import { isCanonical, type FlowGeometry } from './geometry.js';
import { fitLogScales } from './log-scale.js';
import { fitDeviations, type PriorKind } from './matched-prior.js';
import { standardisePopulation } from './standardise-population.js';
import { fitTensorScales, type PopulationGroup } from './tensor-scales.js';

/** What coordinates are fitted for. */
export interface CoordinateChoices {
  /** Default `uniform`. */
  readonly prior?: PriorKind | undefined;
}

/**
 * Fits the coordinates in which a population has unit variance.
 *
 * @param groups - those without networks say nothing; reduced networks where the flow has an input
 * metric
 * @param work - advances by {@link fittingUnits} per network
 * @throws WeightspringError `unsupported-architecture` for a canonical form of other activations
 * than relu, `invalid-argument` for weights that are not finite, `cancelled`
 */
export async function fitCoordinates(
  groups: readonly PopulationGroup[],
  geometry: FlowGeometry,
  { prior = 'uniform' }: CoordinateChoices = {},
  work: PacedWork = new PacedWork(),
): Promise<Coordinates> {
  const population = groups.filter(({ networks }) => networks.length > 0);
  const coordinates = { geometry, ...(await fitLaws(population, geometry, work)) };
  if (prior === 'uniform') return coordinates;
  const standardised = await standardisePopulation(population, coordinates, work);
  const points = standardised.map(({ space, points: its }) => ({
    architecture: space.architecture,
    tensors: space.layout.tensors,
    points: its,
  }));
  return { ...coordinates, deviations: await fitDeviations(points, work.pace) };
}

/** Units of {@link fitCoordinates} for each network. */
export function fittingUnits({ prior = 'uniform' }: CoordinateChoices): number {
  return prior === 'uniform' ? 1 : 2;
}

async function fitLaws(
  population: readonly PopulationGroup[],
  geometry: FlowGeometry,
  work: PacedWork,
): Promise<Pick<Coordinates, 'scales' | 'logScales'>> {
  if (!isCanonical(geometry)) {
    await work.advance(population.reduce((sum, { networks }) => sum + networks.length, 0));
    return { scales: fitTensorScales(population), logScales: {} };
  }
  const canonical = await canonicalForms(population, work);
  return {
    scales: fitTensorScales(
      canonical.map(({ architecture, forms }) => ({
        architecture,
        networks: forms.map(({ weights }) => weights),
      })),
    ),
    logScales: fitLogScales(
      canonical.map(({ architecture, forms }) => ({
        architecture,
        logScales: forms.map(({ logScale }) => logScale),
      })),
    ),
  };
}

type CanonicalGroup = Pick<PopulationGroup, 'architecture'> & {
  readonly forms: readonly CanonicalNetwork[];
};

async function canonicalForms(
  population: readonly PopulationGroup[],
  work: PacedWork,
): Promise<readonly CanonicalGroup[]> {
  const groups: CanonicalGroup[] = [];
  for (const { architecture, networks } of population) {
    const forms: CanonicalNetwork[] = [];
    for (const network of networks) {
      forms.push(canonicalForm(network, architecture));
      await work.advance();
    }
    groups.push({ architecture, forms });
  }
  return groups;
}
