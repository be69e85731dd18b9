import { ensure } from '../errors.js';
import { createPace, type Pace } from '../pace.js';

/** Numbers `[rows, classes]`, row-major; the number of rows follows from the labels. */
export type ClassScores = Float32Array | Float64Array;

/** How well probabilities and predictions fit the labels of some rows. */
export interface ClassificationMetrics {
  /** Fraction of rows whose largest logit is the label's. */
  readonly accuracy: number;
  /** Mean negative log-likelihood, in nats. */
  readonly crossEntropy: number;
  /** Expected calibration error, in [0, 1]. */
  readonly ece: number;
}

/** Number of equal-width confidence bins of the expected calibration error. */
export const CALIBRATION_BINS = 15;

/**
 * Accuracy, cross-entropy and calibration error.
 *
 * @param logits - `[rows, classes]`
 * @param labels - `[rows]`, at least one
 */
export function classificationMetrics(
  logits: ClassScores,
  labels: Uint8Array,
): ClassificationMetrics {
  return {
    accuracy: accuracy(predictions(logits, labels.length), labels),
    crossEntropy: crossEntropy(logits, labels),
    ece: expectedCalibrationError(probabilities(logits, labels.length), labels),
  };
}

/** The class of the largest score of each row; the first in case of ties. */
export function predictions(scores: ClassScores, rows: number): Uint8Array {
  const classes = classCount(scores, rows);
  const result = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if ((scores[row * classes + c] as number) > (scores[row * classes + best] as number))
        best = c;
    }
    result[row] = best;
  }
  return result;
}

/** Fraction of rows where prediction and label agree. */
export function accuracy(predicted: ArrayLike<number>, labels: Uint8Array): number {
  let right = 0;
  for (let row = 0; row < labels.length; row++) if (predicted[row] === labels[row]) right++;
  return right / labels.length;
}

/**
 * Mean negative log-likelihood `mean_n (log Σ_c exp z_nc − z_ny)` in nats, float64; stable for
 * logits of any size.
 *
 * @param logits - `[rows, classes]`
 */
export function crossEntropy(logits: ClassScores, labels: Uint8Array): number {
  const classes = classCount(logits, labels.length);
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    total +=
      logSumExp(logits, row * classes, classes) -
      (logits[row * classes + (labels[row] as number)] as number);
  }
  return total / labels.length;
}

/** Softmax over each row, float64. */
export function probabilities(logits: ClassScores, rows: number): Float64Array {
  const classes = classCount(logits, rows);
  const result = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const normaliser = logSumExp(logits, start, classes);
    for (let i = start; i < start + classes; i++) {
      result[i] = Math.exp((logits[i] as number) - normaliser);
    }
  }
  return result;
}

/**
 * Expected calibration error: rows are put into {@link CALIBRATION_BINS} bins of equal width by
 * confidence (the largest probability); the gaps between mean confidence and accuracy are averaged
 * with the bins' row counts as weights.
 *
 * @param probs - `[rows, classes]`
 * @see Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3
 */
export function expectedCalibrationError(probs: ClassScores, labels: Uint8Array): number {
  const classes = classCount(probs, labels.length);
  const decided = predictions(probs, labels.length);
  // Confidence minus correctness, summed per bin: |Σ| / rows is the bin's weighted gap.
  const gaps = new Float64Array(CALIBRATION_BINS);
  for (let row = 0; row < labels.length; row++) {
    const predicted = decided[row] as number;
    const confidence = probs[row * classes + predicted] as number;
    // Bins are open below and closed above, as in the reference: (k/15, (k+1)/15].
    const bin = Math.min(
      Math.max(Math.ceil(confidence * CALIBRATION_BINS) - 1, 0),
      CALIBRATION_BINS - 1,
    );
    gaps[bin] = (gaps[bin] as number) + confidence - (predicted === labels[row] ? 1 : 0);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / labels.length;
}

/**
 * The mean of several networks' probabilities: Bayesian model averaging with equal weights.
 *
 * @param members - at least one, all of the same size
 */
export function meanProbabilities(members: readonly ClassScores[]): Float64Array {
  const result = new Float64Array(members[0]?.length ?? 0);
  for (const member of members) {
    for (let i = 0; i < result.length; i++) {
      result[i] = (result[i] as number) + (member[i] as number) / members.length;
    }
  }
  return result;
}

/**
 * Logarithms of probabilities: logits of the same softmax. Zeros, which are rounded, become the
 * logarithm of the smallest number, so that cross-entropies stay finite.
 */
export function logProbabilities(probs: Float64Array): Float64Array {
  return probs.map((p) => Math.log(Math.max(p, Number.MIN_VALUE)));
}

/**
 * Mean over rows of the Jensen–Shannon divergence of two networks' class probabilities,
 * `½ KL(p ‖ m) + ½ KL(q ‖ m)` with `m = (p + q)/2`, in nats: from 0 to ln 2.
 *
 * @param p - `[rows, classes]`
 * @param q - of the same size
 * @see Lin 1991, "Divergence measures based on the Shannon entropy"
 */
export function jensenShannonDivergence(p: ClassScores, q: ClassScores, rows: number): number {
  let total = 0;
  for (let i = 0; i < p.length; i++) {
    const left = p[i] as number;
    const right = q[i] as number;
    const middle = (left + right) / 2;
    if (left > 0) total += (left * Math.log(left / middle)) / 2;
    if (right > 0) total += (right * Math.log(right / middle)) / 2;
  }
  // Rounding can leave a sum of zeros slightly below zero.
  return Math.max(total, 0) / rows;
}

/**
 * Mean of {@link jensenShannonDivergence} over all pairs: functional diversity; 0 for one network.
 *
 * @param pace - taken after every pair; default: never stopped
 */
export async function meanPairwiseDivergence(
  members: readonly ClassScores[],
  rows: number,
  pace: Pace = createPace(),
): Promise<number> {
  let total = 0;
  let pairs = 0;
  for (const [index, p] of members.entries()) {
    for (const q of members.slice(index + 1)) {
      total += jensenShannonDivergence(p, q, rows);
      pairs++;
      await pace();
    }
  }
  return pairs === 0 ? 0 : total / pairs;
}

function logSumExp(values: ClassScores, start: number, count: number): number {
  let largest = -Infinity;
  for (let i = start; i < start + count; i++) largest = Math.max(largest, values[i] as number);
  let sum = 0;
  for (let i = start; i < start + count; i++) sum += Math.exp((values[i] as number) - largest);
  return largest + Math.log(sum);
}

function classCount(scores: ClassScores, rows: number): number {
  ensure(
    rows > 0 && scores.length > 0 && scores.length % rows === 0,
    'shape-mismatch',
    () => `expected the scores of ${rows} rows and at least one, got ${scores.length} numbers`,
  );
  return scores.length / rows;
}
