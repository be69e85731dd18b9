/** What several networks together do not know of each row, in nats. */
export interface Uncertainty {
  /** Entropy `H(p̄)` of the mean probabilities. */
  readonly entropy: Float64Array;
  /** `H(p̄) − mean_k H(p_k)`: what the networks disagree about; at least 0. */
  readonly mutualInformation: Float64Array;
}

/**
 * Entropy and mutual information of an ensemble, row by row.
 *
 * @param members - probabilities `[rows, classes]` of each network, at least one
 * @see Gal et al. 2017, "Deep Bayesian Active Learning with Image Data"
 */
export function ensembleUncertainty(members: readonly Float64Array[], rows: number): Uncertainty {
  const size = members[0]?.length ?? 0;
  const classes = size / rows;
  const entropy = new Float64Array(rows);
  const mutualInformation = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let own = 0;
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      let sum = 0;
      for (const member of members) {
        const p = member[i] as number;
        sum += p;
        own += plogp(p);
      }
      entropy[row] = (entropy[row] as number) - plogp(sum / members.length);
    }
    const together = entropy[row] as number;
    mutualInformation[row] = Math.max(0, together + own / members.length);
  }
  return { entropy, mutualInformation };
}

/**
 * Area under the ROC curve: the probability that a score of `positive` is above one of `negative`,
 * ties counted half. NaN if either is empty.
 *
 * @see Mann and Whitney 1947
 */
export function auroc(positive: Float64Array, negative: Float64Array): number {
  const below = negative.slice().sort();
  let wins = 0;
  for (const score of positive) {
    wins += (countBelow(below, score, false) + countBelow(below, score, true)) / 2;
  }
  return wins / (positive.length * negative.length);
}

/** How many of sorted values are below a score, or not above it. */
function countBelow(sorted: Float64Array, score: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] as number;
    if (value < score || (orEqual && value === score)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function plogp(p: number): number {
  return p > 0 ? p * Math.log(p) : 0;
}
