import { ensure } from '../errors.js';
import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import type { TensorSlot } from '../network/slots.js';
import { fitByFamily, lawOf } from './family-laws.js';

/** `std = exp(intercept + fanIn · ln(its fan-in/16) + fanOut · ln(its fan-out/16))`. */
export interface ScaleLaw {
  readonly intercept: number;
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * Root mean square of every tensor of a population as a power law of its two widths, for each
 * family apart: key of a family → one law per tensor in flat order. It gives the coordinates unit variance
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
  return fitByFamily(population, (groups) => {
    const tensors = groups[0] === undefined ? [] : networkOf(groups[0].architecture).slots;
    return tensors.map((_, tensor) => fitLaw(groups, tensor));
  });
}

/**
 * The scale of every tensor of an architecture, in flat order.
 *
 * @throws WeightspringError `unsupported-architecture` for a family that was never fitted
 */
export function tensorScales(scales: TensorScales, arch: Architecture): readonly number[] {
  const { slots } = networkOf(arch);
  return lawOf(scales, arch).map((law, tensor) => {
    const { fanIn, fanOut } = logWidths(slots[tensor] as TensorSlot);
    return Math.exp(law.intercept + law.fanIn * fanIn + law.fanOut * fanOut);
  });
}

function fitLaw(groups: readonly PopulationGroup[], tensor: number): ScaleLaw {
  const rows = groups.map(({ architecture, networks }) => {
    const { key, slots } = networkOf(architecture);
    const slot = slots[tensor] as TensorSlot;
    return { ...logWidths(slot), target: Math.log(rootMeanSquare(key, networks, slot)) };
  });
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

function logWidths({ fanIn, fanOut }: TensorSlot): { fanIn: number; fanOut: number } {
  return { fanIn: Math.log(fanIn / 16), fanOut: Math.log(fanOut / 16) };
}

function rootMeanSquare(
  key: string,
  networks: readonly Float32Array[],
  { name, offset, size }: TensorSlot,
): number {
  let sum = 0;
  for (const network of networks) {
    for (let i = offset; i < offset + size; i++) sum += (network[i] as number) ** 2;
  }
  ensure(
    Number.isFinite(sum),
    'invalid-argument',
    () => `expected finite weights in ${name} of ${key}, got others`,
  );
  return Math.max(Math.sqrt(sum / (networks.length * size)), SMALLEST_SCALE);
}
