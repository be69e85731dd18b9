import { PacedWork } from '../pace.js';
import type { InputMetric } from './input-metric.js';
import type { PopulationGroup } from './tensor-scales.js';

/** Rows whitened between two pauses. */
const ROWS_AT_ONCE = 64;

/**
 * The reduced networks of a population, which the points of a flow with an input metric represent.
 *
 * @param work - advances by one unit per network
 * @throws WeightspringError `unsupported-architecture` for networks on other features than the
 * metric's, `cancelled`
 */
export async function reducePopulation(
  population: readonly PopulationGroup[],
  metric: InputMetric,
  work: PacedWork = new PacedWork(),
): Promise<readonly PopulationGroup[]> {
  const reduced: PopulationGroup[] = [];
  for (const { architecture, networks } of population) {
    const its: Float32Array[] = [];
    for (const network of networks) {
      its.push(metric.reduce(network, architecture));
      await work.advance();
    }
    reduced.push({ architecture: metric.reducedArchitecture(architecture), networks: its });
  }
  return reduced;
}

/**
 * The inputs of reduced networks for rows of features, by {@link InputMetric.whiten}.
 *
 * @param rows - [n, rowFeatures], row-major
 * @param work - advances by {@link whiteningUnits}
 * @returns [n, whiteFeatures]
 * @throws WeightspringError `cancelled`
 */
export async function whitenRows(
  rows: Float32Array,
  metric: InputMetric,
  work: PacedWork = new PacedWork(),
): Promise<Float32Array> {
  const { rowFeatures, whiteFeatures } = metric;
  const inputs = new Float32Array((rows.length / rowFeatures) * whiteFeatures);
  const step = ROWS_AT_ONCE * rowFeatures;
  for (let [start, to] = [0, 0]; start < rows.length; start += step) {
    inputs.set(metric.whiten(rows.subarray(start, start + step)), to);
    to += ROWS_AT_ONCE * whiteFeatures;
    await work.advance();
  }
  return inputs;
}

/** Work units of {@link whitenRows}. */
export function whiteningUnits(rows: Float32Array, features: number): number {
  return Math.ceil(rows.length / (ROWS_AT_ONCE * features));
}
