import {
  architectureKey,
  depth,
  hiddenWidths,
  type Architecture,
} from '../network/architecture.js';
import { WeightspringError } from '../errors.js';

/** `mean = intercept + width · mean_l ln(h_l / 16)`, and the spread around it. */
export interface LogScaleLaw {
  readonly intercept: number;
  readonly width: number;
  readonly std: number;
}

/** Depth L → law of the log of the last layer's scale of canonical networks. */
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

/** Fits one law per depth by ridge least squares over all networks. */
export function fitLogScales(groups: readonly LogScaleGroup[]): LogScales {
  const depths = new Set(groups.map(({ architecture }) => depth(architecture)));
  return Object.fromEntries(
    [...depths].map((layers) => [
      String(layers),
      fitLaw(groups.filter(({ architecture }) => depth(architecture) === layers)),
    ]),
  );
}

/**
 * Mean and standard deviation of the log scale of an architecture.
 *
 * @throws WeightspringError `unsupported-architecture` for a depth that was never fitted
 */
export function logScaleMoments(
  laws: LogScales,
  arch: Architecture,
): { readonly mean: number; readonly std: number } {
  const law = laws[String(depth(arch))];
  if (law === undefined) {
    throw new WeightspringError(
      'unsupported-architecture',
      `expected a depth of ${Object.keys(laws).join(', ')} weight layers, ` +
        `got ${depth(arch)} (${architectureKey(arch)})`,
      { field: 'architecture.layers' },
    );
  }
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
  const widths = hiddenWidths(arch);
  return widths.reduce((sum, width) => sum + Math.log(width / 16), 0) / Math.max(1, widths.length);
}
