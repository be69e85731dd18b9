import type { InputMetric } from '../flow/input-metric.js';
import { whitenRows, whiteningUnits } from '../flow/reduced-data.js';
import type { PopulationGroup } from '../flow/tensor-scales.js';
import type { Architecture } from '../network/architecture.js';
import { forward } from '../network/forward.js';
import { networkOf } from '../network/network.js';
import { PacedWork, type Watcher } from '../pace.js';
import { inputMetricOf, type InputSpectrum } from './fit-input-metric.js';

/** Largest mean divergence, in nats, of truncated networks' outputs from the networks' own. */
const MAX_DIVERGENCE = 1e-3;
/** Networks and rows that it is measured on, at most. */
const MAX_NETWORKS = 32;
const MAX_ROWS = 512;

export interface RankQuestion {
  /** Trained networks: their last snapshots. */
  readonly finals: readonly PopulationGroup[];
  /** Standardised rows of the validation part, [n, d], row-major. */
  readonly rows: Float32Array;
  /** Most directions: what the flow's tokens hold. Default: all. */
  readonly most?: number | undefined;
}

/**
 * The smallest rank at which the zoo's networks keep what they say: mean
 * `KL( softmax f(x) ‖ softmax f_K(x) ) ≤ .001` nats over rows and networks, f_K the network reduced
 * and expanded again. No more than `most` in any case: what MNIST networks say differs by .024 nats
 * at 128 of 784 directions, and their cross-entropy by nothing, while 356 directions would leave no
 * likelihoods and cost more.
 *
 * @throws WeightspringError `cancelled`
 * @see notation §11
 */
export async function chooseRank(
  spectrum: InputSpectrum,
  question: RankQuestion,
  watcher: Watcher = {},
): Promise<number> {
  const features = spectrum.mean.length;
  const rows = evenly(question.rows.length / features, MAX_ROWS);
  const chosen = new Float32Array(rows.length * features);
  rows.forEach((row, index) => {
    chosen.set(question.rows.subarray(row * features, (row + 1) * features), index * features);
  });
  const networks = question.finals.flatMap(({ architecture, networks: own }) =>
    own.map((weights) => ({ architecture, weights })),
  );
  let [low, high] = [1, Math.min(spectrum.rank, question.most ?? Infinity)];
  const kept = evenly(networks.length, MAX_NETWORKS);
  // The networks themselves, then white rows and reduced networks at each bisection.
  const each = whiteningUnits(chosen, features) + kept.length;
  const work = new PacedWork(kept.length + Math.ceil(Math.log2(high)) * each, watcher);
  const judged: JudgedNetwork[] = [];
  for (const index of kept) {
    const network = networks[index] as (typeof networks)[number];
    const logits = forward(network.architecture, network.weights, chosen);
    judged.push({ ...network, logits });
    await work.advance();
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const gap = await divergence(inputMetricOf(spectrum, middle), judged, chosen, work);
    if (gap <= MAX_DIVERGENCE) high = middle;
    else low = middle + 1;
  }
  return high;
}

interface JudgedNetwork {
  readonly architecture: Architecture;
  readonly weights: Float32Array;
  readonly logits: Float64Array;
}

/** Mean over rows and networks, in nats. */
async function divergence(
  metric: InputMetric,
  networks: readonly JudgedNetwork[],
  rows: Float32Array,
  work: PacedWork,
): Promise<number> {
  // A reduced network on white inputs says what the expanded one does, for less work.
  const inputs = await whitenRows(rows, metric, work);
  let [total, count] = [0, 0];
  for (const { architecture, weights, logits } of networks) {
    const reduced = metric.reduce(weights, architecture);
    const own = forward(metric.reducedArchitecture(architecture), reduced, inputs);
    const { outputs } = networkOf(architecture);
    for (let start = 0; start < logits.length; start += outputs) {
      total += klDivergence(
        logits.subarray(start, start + outputs),
        own.subarray(start, start + outputs),
      );
      count++;
    }
    await work.advance();
  }
  return total / count;
}

/** `KL( softmax a ‖ softmax b )` in nats. */
function klDivergence(a: Float64Array, b: Float64Array): number {
  const [normA, normB] = [logSumExp(a), logSumExp(b)];
  return a.reduce((sum, value, c) => {
    const log = value - normA;
    return sum + Math.exp(log) * (log - (b[c] as number) + normB);
  }, 0);
}

function logSumExp(values: Float64Array): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** At most `most` indices below `count`, at equal distances. */
function evenly(count: number, most: number): readonly number[] {
  const chosen = Math.min(count, most);
  return Array.from({ length: chosen }, (_, index) => Math.floor((index * count) / chosen));
}
