import { architectureKey, depth, type Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { ensure, WeightspringError } from '../errors.js';

/** `std = exp(intercept + fanIn · ln(d_{l−1}/16) + fanOut · ln(d_l/16))`. */
export interface ScaleLaw {
  readonly intercept: number;
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * Root mean square of every tensor of a population as a power law of its two widths, for each
 * depth apart: depth L → one law per tensor in flat order. It gives the coordinates unit variance
 * also at widths that the population never had.
 */
export type TensorScales = Readonly<Record<string, readonly ScaleLaw[]>>;

/** Trained networks of one architecture, flat. */
export interface PopulationGroup {
  readonly architecture: Architecture;
  readonly networks: readonly Float32Array[];
}

/** Pull towards exponent 0: keeps a law defined where only one width was seen. */
const RIDGE = 1e-3;
/** A tensor that is zero throughout a population is left as it is. */
const SMALLEST_SCALE = 1e-8;

/**
 * Fits the laws by ridge least squares on the logarithms, one observation per architecture.
 *
 * @throws WeightspringError `invalid-argument` for weights that are not finite
 */
export function fitTensorScales(population: readonly PopulationGroup[]): TensorScales {
  const byDepth = new Map<number, PopulationGroup[]>();
  for (const group of population) {
    const key = depth(group.architecture);
    byDepth.set(key, [...(byDepth.get(key) ?? []), group]);
  }
  return Object.fromEntries(
    [...byDepth].map(([layers, groups]) => [
      String(layers),
      Array.from({ length: 2 * layers }, (_, tensor) => fitLaw(groups, tensor)),
    ]),
  );
}

/**
 * The scale of every tensor of an architecture, in flat order.
 *
 * @throws WeightspringError `unsupported-architecture` for a depth that was never fitted
 */
export function tensorScales(scales: TensorScales, arch: Architecture): readonly number[] {
  const laws = scales[String(depth(arch))];
  if (laws === undefined) {
    throw new WeightspringError(
      'unsupported-architecture',
      `expected a depth of ${Object.keys(scales).join(', ')} weight layers, ` +
        `got ${depth(arch)} (${architectureKey(arch)})`,
      { field: 'architecture.layers' },
    );
  }
  return laws.map((law, tensor) => {
    const { fanIn, fanOut } = logWidths(arch, tensor);
    return Math.exp(law.intercept + law.fanIn * fanIn + law.fanOut * fanOut);
  });
}

function fitLaw(groups: readonly PopulationGroup[], tensor: number): ScaleLaw {
  const rows = groups.map(({ architecture, networks }) => ({
    ...logWidths(architecture, tensor),
    target: Math.log(rootMeanSquare(architecture, networks, tensor)),
  }));
  const average = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((sum, row) => sum + pick(row), 0) / rows.length;
  const x = average((row) => row.fanIn);
  const y = average((row) => row.fanOut);
  const z = average((row) => row.target);
  const xx = RIDGE + average((row) => (row.fanIn - x) ** 2);
  const yy = RIDGE + average((row) => (row.fanOut - y) ** 2);
  const xy = average((row) => (row.fanIn - x) * (row.fanOut - y));
  const xz = average((row) => (row.fanIn - x) * (row.target - z));
  const yz = average((row) => (row.fanOut - y) * (row.target - z));
  const determinant = xx * yy - xy * xy;
  const fanIn = (xz * yy - yz * xy) / determinant;
  const fanOut = (yz * xx - xz * xy) / determinant;
  return { intercept: z - fanIn * x - fanOut * y, fanIn, fanOut };
}

function logWidths(arch: Architecture, tensor: number): { fanIn: number; fanOut: number } {
  const layer = Math.floor(tensor / 2) + 1;
  return {
    fanIn: Math.log((arch.layers[layer - 1] ?? 1) / 16),
    fanOut: Math.log((arch.layers[layer] ?? 1) / 16),
  };
}

function rootMeanSquare(
  arch: Architecture,
  networks: readonly Float32Array[],
  tensor: number,
): number {
  const slot = networkOf(arch).slots[tensor];
  if (slot === undefined) throw new WeightspringError('internal', `no tensor ${tensor}`);
  let sum = 0;
  for (const network of networks) {
    for (let i = slot.offset; i < slot.offset + slot.size; i++) {
      sum += (network[i] as number) ** 2;
    }
  }
  ensure(
    Number.isFinite(sum),
    'invalid-argument',
    () => `expected finite weights in ${slot.name} of ${architectureKey(arch)}, got others`,
  );
  return Math.max(Math.sqrt(sum / (networks.length * slot.size)), SMALLEST_SCALE);
}
