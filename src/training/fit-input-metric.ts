import { ensure } from '../errors.js';
import { patchesOf, patchSize, type ImagePatches } from '../flow/image-patches.js';
import { InputMetric } from '../flow/input-metric.js';
import { PacedWork, type Pace, type Watcher } from '../pace.js';
import { eigenUnits, symmetricEigen } from './symmetric-eigen.js';

/** Rows that mean and covariance are taken of; of more, as many at equal distances. */
const MAX_ROWS = 8192;
/** Images whose patches all are taken, likewise. */
const MAX_IMAGES = 512;
/** Directions with less of the largest variance than this are noise of the arithmetic. */
const SMALLEST_SHARE = 1e-6;
/** Rows that the covariance takes in at once. */
const UNROLLED = 4;

/** The eigenpairs of a covariance, largest first, and the mean that it is around. */
export interface InputSpectrum {
  /** μ, [d] */
  readonly mean: Float64Array;
  /** E, [d, d], row-major: column k belongs to variance k. */
  readonly basis: Float64Array;
  readonly variances: Float64Array;
  /** How many variances are above rounding. */
  readonly rank: number;
  /** Of images whose patches it is of. Default: of rows. */
  readonly patches?: ImagePatches | undefined;
}

/**
 * Mean and spectrum of the covariance of rows, in float64.
 *
 * @param rows - [n, d], row-major
 * @throws WeightspringError `invalid-argument` for rows that do not vary, `cancelled`
 */
export async function fitInputSpectrum(
  rows: Float32Array,
  features: number,
  watcher: Watcher = {},
): Promise<InputSpectrum> {
  return spectrumOf(atEqualDistances(rows, features, MAX_ROWS), features, watcher);
}

/**
 * Mean and spectrum of the covariance of the patches of images.
 *
 * @param rows - images, row-major
 * @throws WeightspringError as {@link fitInputSpectrum}
 */
export async function fitPatchSpectrum(
  rows: Float32Array,
  patches: ImagePatches,
  watcher: Watcher = {},
): Promise<InputSpectrum> {
  const width = patches.image.reduce((product, side) => product * side);
  const images = atEqualDistances(rows, width, MAX_IMAGES);
  return {
    ...(await spectrumOf(patchesOf(images, patches), patchSize(patches), watcher)),
    patches,
  };
}

async function spectrumOf(
  chosen: Float32Array,
  features: number,
  watcher: Watcher,
): Promise<InputSpectrum> {
  const groups = Math.ceil(chosen.length / features / UNROLLED);
  const work = new PacedWork(groups + eigenUnits(features), watcher);
  const { mean, centred } = await centre(chosen, features, work.pace);
  const covariance = await covarianceOf(centred, features, chosen.length / features, work);
  const { values, vectors } = await symmetricEigen(covariance, features, work);
  const order = Array.from(values.keys()).sort((a, b) => at(b) - at(a));
  function at(k: number): number {
    return values[k] as number;
  }
  const variances = Float64Array.from(order, (k) => Math.max(at(k), 0));
  const basis = new Float64Array(features * features);
  order.forEach((from, k) => {
    (vectors[from] as Float64Array).forEach((value, d) => {
      basis[d * features + k] = value;
    });
  });
  const smallest = SMALLEST_SHARE * (variances[0] as number);
  const rank = variances.findIndex((variance) => variance <= smallest);
  ensure(rank !== 0, 'invalid-argument', () => 'expected rows that vary, got equal ones');
  return { mean, basis, variances, rank: rank < 0 ? features : rank };
}

/**
 * The input metric of the K directions with most variance.
 *
 * @throws WeightspringError `invalid-argument` for more directions than the data have
 */
export function inputMetricOf(
  { mean, basis, variances, rank: available, patches }: InputSpectrum,
  rank: number,
): InputMetric {
  ensure(
    Number.isSafeInteger(rank) && rank >= 1 && rank <= available,
    'invalid-argument',
    () =>
      `--input-metric: expected 1 to ${available} directions, as many as the training part varies ` +
      `in, got ${rank}`,
    '--input-metric',
  );
  const features = mean.length;
  const kept = new Float32Array(features * rank);
  for (let d = 0; d < features; d++) {
    kept.set(basis.subarray(d * features, d * features + rank), d * rank);
  }
  const moments = {
    mean: Float32Array.from(mean),
    basis: kept,
    variances: Float32Array.from(variances.subarray(0, rank)),
  };
  return new InputMetric(moments, patches);
}

function atEqualDistances(rows: Float32Array, features: number, most: number): Float32Array {
  const count = rows.length / features;
  if (count <= most) return rows;
  const chosen = new Float32Array(most * features);
  for (let index = 0; index < most; index++) {
    const from = Math.floor((index * count) / most) * features;
    chosen.set(rows.subarray(from, from + features), index * features);
  }
  return chosen;
}

/** μ, and the rows around it in float64: a multiple of those that are taken in at once, the last ones 0. */
async function centre(
  rows: Float32Array,
  features: number,
  pace: Pace,
): Promise<{ readonly mean: Float64Array; readonly centred: Float64Array }> {
  const count = rows.length / features;
  const mean = new Float64Array(features);
  for (let start = 0; start < rows.length; start += features) {
    for (let d = 0; d < features; d++) {
      mean[d] = (mean[d] as number) + (rows[start + d] as number) / count;
    }
    await pace();
  }
  const centred = new Float64Array(Math.ceil(count / UNROLLED) * UNROLLED * features);
  for (let start = 0; start < rows.length; start += features) {
    for (let d = 0; d < features; d++) {
      centred[start + d] = (rows[start + d] as number) - (mean[d] as number);
    }
    await pace();
  }
  return { mean, centred };
}

/** `Σ x xᵀ / count` over centred rows, [d, d]. */
async function covarianceOf(
  centred: Float64Array,
  features: number,
  count: number,
  work: PacedWork,
): Promise<Float64Array> {
  const covariance = new Float64Array(features * features);
  for (let start = 0; start < centred.length; start += UNROLLED * features) {
    addOuterProducts(covariance, centred, start, features);
    await work.advance();
  }
  for (let i = 0; i < features; i++) {
    for (let j = i; j < features; j++) {
      const value = (covariance[i * features + j] as number) / count;
      covariance[i * features + j] = value;
      covariance[j * features + i] = value;
    }
  }
  return covariance;
}

/** Adds `Σ x xᵀ` over some rows to the upper triangle. */
function addOuterProducts(sum: Float64Array, rows: Float64Array, start: number, d: number): void {
  const [second, third, fourth] = [start + d, start + 2 * d, start + 3 * d];
  for (let i = 0; i < d; i++) {
    const a = rows[start + i] as number;
    const b = rows[second + i] as number;
    const c = rows[third + i] as number;
    const e = rows[fourth + i] as number;
    const row = i * d;
    for (let j = i; j < d; j++) {
      sum[row + j] =
        (sum[row + j] as number) +
        a * (rows[start + j] as number) +
        b * (rows[second + j] as number) +
        c * (rows[third + j] as number) +
        e * (rows[fourth + j] as number);
    }
  }
}
