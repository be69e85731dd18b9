import type { Architecture } from '../network/architecture.js';
import { networkOf } from '../network/network.js';
import { fitByFamily, lawOf } from './family-laws.js';

/** `mean = intercept + width · mean_g ln(h_g / 16)` over the groups g, and the spread around it. */
export interface LogScaleLaw {
  readonly intercept: number;
  readonly width: number;
  readonly std: number;
}

/** Key of a family → law of the log of the last layer's scale of canonical networks. */
export type LogScales = Readonly<Record<string, LogScaleLaw>>;

/** Log scales of the networks of one architecture. */
export interface LogScaleGroup {
  readonly architecture: Architecture;
  readonly logScales: readonly number[];
}

/** Pull towards slope 0: keeps a law defined where only one width was seen. */
const RIDGE = 1e-3;
/** A population with one and the same scale is not stretched beyond this. */
const SMALLEST_STD = 1e-3;

/** Fits one law per family by ridge least squares over all networks. */
export function fitLogScales(groups: readonly LogScaleGroup[]): LogScales {
  return fitByFamily(groups, fitLaw);
}

/**
 * Mean and standard deviation of the log scale of an architecture.
 *
 * @throws WeightspringError `unsupported-architecture` for a family that was never fitted
 */
export function logScaleMoments(
  laws: LogScales,
  arch: Architecture,
): { readonly mean: number; readonly std: number } {
  const law = lawOf(laws, arch);
  return { mean: law.intercept + law.width * meanLogWidth(arch), std: law.std };
}

function fitLaw(groups: readonly LogScaleGroup[]): LogScaleLaw {
  const rows = groups.flatMap(({ architecture, logScales }) => {
    const x = meanLogWidth(architecture);
    return logScales.map((y) => ({ x, y }));
  });
  const average = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((sum, row) => sum + pick(row), 0) / rows.length;
  const x = average((row) => row.x);
  const y = average((row) => row.y);
  const slope =
    average((row) => (row.x - x) * (row.y - y)) / (RIDGE + average((row) => (row.x - x) ** 2));
  const intercept = y - slope * x;
  const variance = average((row) => (row.y - intercept - slope * row.x) ** 2);
  return { intercept, width: slope, std: Math.max(Math.sqrt(variance), SMALLEST_STD) };
}

function meanLogWidth(arch: Architecture): number {
  const { groups } = networkOf(arch);
  const sum = groups.reduce((total, { size }) => total + Math.log(size / 16), 0);
  return sum / Math.max(1, groups.length);
}
