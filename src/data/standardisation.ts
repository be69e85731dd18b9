import type { Dataset } from './dataset.js';

/** Per feature j: z_j = (x_j − mean_j) / scale_j. */
export interface Standardisation {
  readonly mean: readonly number[];
  /** Standard deviations; 1 for constant features. */
  readonly scale: readonly number[];
}

/**
 * Mean and standard deviation (of the population, 1/n) over the given rows, which should be the
 * training rows only. Features that share a unit share both numbers.
 */
export function fitStandardisation(
  dataset: Pick<Dataset, 'features' | 'featureNames' | 'sharedUnit'>,
  rows: Int32Array,
): Standardisation {
  const { features, featureNames, sharedUnit } = dataset;
  const width = featureNames.length;
  const groups = sharedUnit ? 1 : width;
  const count = (rows.length * width) / groups;
  const mean = new Array<number>(groups).fill(0);
  const variance = new Array<number>(groups).fill(0);
  const accumulate = (into: number[], term: (x: number, group: number) => number): void => {
    for (const row of rows) {
      for (let j = 0; j < width; j++) {
        const group = sharedUnit ? 0 : j;
        const x = features[row * width + j] as number;
        into[group] = (into[group] as number) + term(x, group) / count;
      }
    }
  };
  accumulate(mean, (x) => x);
  accumulate(variance, (x, group) => (x - (mean[group] as number)) ** 2);
  const scale = variance.map((value, group) => {
    const deviation = Math.sqrt(value);
    // A constant feature has rounding errors, which must not be scaled to unit variance.
    const rounding = 1e-9 * Math.abs(mean[group] as number);
    return deviation > rounding ? deviation : 1;
  });
  const perFeature = (values: readonly number[]): readonly number[] =>
    Array.from({ length: width }, (_, j) => values[sharedUnit ? 0 : j] as number);
  return { mean: perFeature(mean), scale: perFeature(scale) };
}

/**
 * The standardised features of the given rows.
 *
 * @param rows - default all
 * @returns `[rows.length, width]`, row-major, float32
 */
export function standardise(
  features: Float32Array,
  { mean, scale }: Standardisation,
  rows?: Int32Array,
): Float32Array {
  const width = mean.length;
  const count = rows?.length ?? features.length / width;
  const result = new Float32Array(count * width);
  for (let index = 0; index < count; index++) {
    const from = (rows === undefined ? index : (rows[index] as number)) * width;
    for (let j = 0; j < width; j++) {
      result[index * width + j] =
        ((features[from + j] as number) - (mean[j] as number)) / (scale[j] as number);
    }
  }
  return result;
}

/**
 * A standardisation as files hold it: rounded to float32, so that graph, arrays and metadata agree
 * to the last bit. Nine digits identify a float32.
 */
export function storedStandardisation({ mean, scale }: Standardisation): Standardisation {
  const stored = (value: number): number => Number(Math.fround(value).toPrecision(9));
  return { mean: mean.map(stored), scale: scale.map(stored) };
}
