import { canonicalForm } from '../alignment/canonical-form.js';
import { isCanonical, type FlowGeometry } from './geometry.js';
import { fitLogScales, type LogScales } from './log-scale.js';
import { fitTensorScales, type PopulationGroup, type TensorScales } from './tensor-scales.js';

/** What turns networks of any architecture into points of a flow, and back. */
export interface Coordinates {
  readonly geometry: FlowGeometry;
  /** Of the weights, or of the canonical weights. */
  readonly scales: TensorScales;
  /** Empty where there is no canonical form. */
  readonly logScales: LogScales;
}

/**
 * Fits the coordinates in which a population has unit variance.
 *
 * @param groups - those without networks say nothing
 * @throws WeightspringError `unsupported-architecture` for a canonical form of other activations
 * than relu, `invalid-argument` for weights that are not finite
 */
export function fitCoordinates(
  groups: readonly PopulationGroup[],
  geometry: FlowGeometry,
): Coordinates {
  const population = groups.filter(({ networks }) => networks.length > 0);
  if (!isCanonical(geometry)) {
    return { geometry, scales: fitTensorScales(population), logScales: {} };
  }
  const canonical = population.map(({ architecture, networks }) => ({
    architecture,
    forms: networks.map((network) => canonicalForm(network, architecture)),
  }));
  return {
    geometry,
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
