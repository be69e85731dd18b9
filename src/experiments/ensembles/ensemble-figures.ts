import { mean } from '../../evaluation/population-metrics.js';
import type { Pace } from '../../pace.js';
import {
  accuracy,
  crossEntropy,
  expectedCalibrationError,
  logProbabilities,
  meanProbabilities,
  predictions,
} from '../../zoo/metrics.js';
import { auroc, ensembleUncertainty } from '../../zoo/uncertainty.js';

/** Probabilities `[rows, classes]` of one member. */
export interface MemberAnswers {
  /** On the rows of the task's test part. */
  readonly own: Float64Array;
  /** On rows of another data set; null where there is none. */
  readonly foreign: Float64Array | null;
}

/** Ensembles of one size: means over disjoint groups of members, on the test part. */
export interface EnsemblePoint {
  readonly members: number;
  readonly accuracy: number;
  /** In nats. */
  readonly crossEntropy: number;
  /** In [0, 1]. */
  readonly ece: number;
  /** That a wrong answer has more entropy than a right one; null where all answers are right. */
  readonly errorAuroc: number | null;
  /** That a row of the other data set has more entropy than one of the task. */
  readonly foreignAuroc: number | null;
  /** The same by mutual information; null for one member, which has none. */
  readonly foreignAurocByInformation: number | null;
}

/**
 * Ensembles of 1, 2, 4, … and all members, each the mean over the ⌊n/k⌋ disjoint groups of k.
 *
 * @param labels - of the rows of the test part
 */
export async function ensembleCurve(
  members: readonly MemberAnswers[],
  labels: Uint8Array,
  pace: Pace,
): Promise<readonly EnsemblePoint[]> {
  const sizes: number[] = [];
  for (let k = 1; k < members.length; k *= 2) sizes.push(k);
  const curve: EnsemblePoint[] = [];
  for (const k of [...sizes, members.length]) {
    const points: EnsemblePoint[] = [];
    for (let start = 0; start + k <= members.length; start += k) {
      points.push(ensemblePoint(members.slice(start, start + k), labels));
      await pace();
    }
    curve.push({
      members: k,
      accuracy: mean(points.map((point) => point.accuracy)),
      crossEntropy: mean(points.map((point) => point.crossEntropy)),
      ece: mean(points.map((point) => point.ece)),
      errorAuroc: meanOrNull(points.map((point) => point.errorAuroc)),
      foreignAuroc: meanOrNull(points.map((point) => point.foreignAuroc)),
      foreignAurocByInformation: meanOrNull(points.map((point) => point.foreignAurocByInformation)),
    });
  }
  return curve;
}

/** One ensemble of all these members. */
export function ensemblePoint(
  members: readonly MemberAnswers[],
  labels: Uint8Array,
): EnsemblePoint {
  const rows = labels.length;
  const own = members.map((member) => member.own);
  const together = meanProbabilities(own);
  const decided = predictions(together, rows);
  const doubts = ensembleUncertainty(own, rows);
  const foreign = members.flatMap((member) => member.foreign ?? []);
  const classes = together.length / rows;
  const foreignDoubts =
    foreign.length === 0 ? null : ensembleUncertainty(foreign, (foreign[0]?.length ?? 0) / classes);
  return {
    members: members.length,
    accuracy: accuracy(decided, labels),
    crossEntropy: crossEntropy(logProbabilities(together), labels),
    ece: expectedCalibrationError(together, labels),
    errorAuroc: defined(
      auroc(
        doubts.entropy.filter((_, row) => decided[row] !== labels[row]),
        doubts.entropy.filter((_, row) => decided[row] === labels[row]),
      ),
    ),
    foreignAuroc: foreignDoubts && defined(auroc(foreignDoubts.entropy, doubts.entropy)),
    foreignAurocByInformation:
      foreignDoubts === null || members.length === 1
        ? null
        : defined(auroc(foreignDoubts.mutualInformation, doubts.mutualInformation)),
  };
}

const defined = (value: number): number | null => (Number.isNaN(value) ? null : value);

function meanOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : mean(known);
}
