/** The data sets that the product knows, by the name that options and files use. */
export const TASKS = [
  'wdbc',
  'iris',
  'wine',
  'digits',
  'mnist',
  'fashion-mnist',
  'spirals',
] as const;
export type Task = (typeof TASKS)[number];

/** A labelled classification data set in memory, its features as published. */
export interface Dataset {
  readonly task: Task;
  /** `[rows, featureNames.length]`, row-major, float32, not standardised. */
  readonly features: Float32Array;
  /** `[rows]`, class indices into `classNames`. */
  readonly labels: Uint8Array;
  readonly featureNames: readonly string[];
  readonly classNames: readonly string[];
  /**
   * Whether features share one unit, as pixels do, so that one mean and one scale standardise all
   * of them; else each feature has its own.
   */
  readonly sharedUnit: boolean;
  /** Row from which on the publisher's own test set begins; null where there is none. */
  readonly testStart: number | null;
  /** SHA-256 of features and labels, hexadecimal: which data a zoo was trained on. */
  readonly sha256: string;
}

/** Number of rows of a data set. */
export function rowCount({ labels }: Pick<Dataset, 'labels'>): number {
  return labels.length;
}
