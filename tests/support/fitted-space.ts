import type { Coordinates } from '../../src/flow/coordinates.js';
import { fitCoordinates, type CoordinateChoices } from '../../src/flow/fit-coordinates.js';
import type { FlowGeometry } from '../../src/flow/geometry.js';
import type { InputMetric } from '../../src/flow/input-metric.js';
import { reducePopulation } from '../../src/flow/reduced-data.js';
import { WeightSpace } from '../../src/flow/weight-space.js';
import type { Architecture } from '../../src/network/architecture.js';

export interface FittedChoices extends CoordinateChoices {
  readonly inputMetric?: InputMetric | undefined;
}

/** The coordinates of a flow that is trained on networks of one architecture. */
export async function fittedCoordinates(
  architecture: Architecture,
  networks: readonly Float32Array[],
  geometry: FlowGeometry,
  { inputMetric, prior }: FittedChoices = {},
): Promise<Coordinates> {
  const population = [{ architecture, networks }];
  if (inputMetric === undefined) return fitCoordinates(population, geometry, { prior });
  const reduced = await reducePopulation(population, inputMetric);
  return { ...(await fitCoordinates(reduced, geometry, { prior })), inputMetric };
}

/** The space of these networks. */
export async function fittedSpace(
  architecture: Architecture,
  networks: readonly Float32Array[],
  geometry: FlowGeometry,
  choices: FittedChoices = {},
): Promise<WeightSpace> {
  return new WeightSpace(
    architecture,
    await fittedCoordinates(architecture, networks, geometry, choices),
  );
}
