import { canonicalForm } from '../alignment/canonical-form.js';
import type { Coordinates } from './coordinates.js';
import { isCanonical, type FlowGeometry } from './geometry.js';
import type { InputMetric } from './input-metric.js';
import { fitLogScales } from './log-scale.js';
import { fitDeviations, type PriorKind } from './matched-prior.js';
import { fitTensorScales, type PopulationGroup } from './tensor-scales.js';
import { WeightSpace } from './weight-space.js';

/** What coordinates are fitted for. */
export interface CoordinateChoices {
  readonly inputMetric?: InputMetric | undefined;
  /** Default `uniform`. */
  readonly prior?: PriorKind | undefined;
}

/**
 * Fits the coordinates in which a population has unit variance.
 *
 * @param groups - those without networks say nothing
 * @throws WeightspringError `unsupported-architecture` for a canonical form of other activations
 * than relu and for networks on other features than the input metric's, `invalid-argument` for
 * weights that are not finite
 */
export function fitCoordinates(
  groups: readonly PopulationGroup[],
  geometry: FlowGeometry,
  { inputMetric, prior = 'uniform' }: CoordinateChoices = {},
): Coordinates {
  const population = groups.filter(({ networks }) => networks.length > 0);
  const laws = fitLaws(reduced(population, inputMetric), geometry);
  const coordinates = { geometry, ...laws, ...(inputMetric === undefined ? {} : { inputMetric }) };
  if (prior === 'uniform') return coordinates;
  const points = population.map(({ architecture, networks }) => {
    const space = new WeightSpace(architecture, coordinates);
    return {
      architecture: space.architecture,
      tensors: space.layout.tensors,
      points: networks.map((network) => space.standardise(network)),
    };
  });
  return { ...coordinates, deviations: fitDeviations(points) };
}

/** A population as the points stand for it. */
function reduced(
  population: readonly PopulationGroup[],
  metric: InputMetric | undefined,
): readonly PopulationGroup[] {
  if (metric === undefined) return population;
  return population.map(({ architecture, networks }) => ({
    architecture: metric.reducedArchitecture(architecture),
    networks: networks.map((network) => metric.reduce(network, architecture)),
  }));
}

function fitLaws(
  population: readonly PopulationGroup[],
  geometry: FlowGeometry,
): Pick<Coordinates, 'scales' | 'logScales'> {
  if (!isCanonical(geometry)) return { scales: fitTensorScales(population), logScales: {} };
  const canonical = population.map(({ architecture, networks }) => ({
    architecture,
    forms: networks.map((network) => canonicalForm(network, architecture)),
  }));
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
