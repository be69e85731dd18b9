import type { DataDescriptor } from './descriptor.js';

/** A labelled classification data set in memory. */
export interface Dataset {
  /** Its name, as options and files use it. */
  readonly task: string;
  readonly descriptor: DataDescriptor;
  /** Whether its name says where it comes from: see `BUILT_IN_DATASETS`. */
  readonly isBuiltIn: boolean;
  /** `[rows, featureNames.length]`, row-major, float32, not standardised. */
  readonly features: Float32Array;
  /** `[rows]`, class indices into `classNames`. */
  readonly labels: Uint8Array;
  readonly featureNames: readonly string[];
  readonly classNames: readonly string[];
  /**
   * Whether all features share one unit, as pixels do, and are standardised by one mean and scale;
   * otherwise each feature has its own.
   */
  readonly sharedUnit: boolean;
  /** First row of the published test set; null if there is none. */
  readonly testStart: number | null;
  /** SHA-256 of features and labels, hexadecimal: identifies the data that a zoo was trained on. */
  readonly sha256: string;
}

/** Number of rows of a data set. */
export function rowCount({ labels }: Pick<Dataset, 'labels'>): number {
  return labels.length;
}
