import { alignPopulation } from '../alignment/align-population.js';
import type { Architecture } from '../network/architecture.js';
import type { PacedWork } from '../pace.js';
import { Random } from '../random.js';
import type { ErrorSet } from '../zoo/error-set.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { measureNetwork } from './measure-network.js';
import { largestErrorIoU, novelAndAccurate, type Judged, type NoveltyBar } from './novelty.js';
import { mean } from './population-metrics.js';

/** What one gets without a generative model, by averaging the weights of trained networks. */
export interface Baseline {
  /** Networks that are averaged into one. */
  readonly members: number;
  /** Averages that were drawn. */
  readonly draws: number;
  /** Mean over the draws, on the test part. */
  readonly accuracy: number;
  /** Mean over the draws of the largest overlap with any final network of the zoo. */
  readonly maxErrorIoU: number;
  /** Part of the draws, as for samples. */
  readonly novelAndAccurate: number;
}

export interface BaselineOptions {
  readonly members: number;
  readonly draws: number;
  readonly seed: number;
  /** Error sets of all final networks of the zoo. */
  readonly zooErrors: readonly ErrorSet[];
  readonly bar: NoveltyBar;
}

/**
 * Draws `members` different networks, brings them to the first by weight matching and takes the
 * mean of their weights: interpolation at the midpoint for two, a model soup for more.
 *
 * @param networks - flat weights of trained networks
 * @param work - advances by a unit for every draw
 * @returns null where there are fewer networks than `members`
 * @throws WeightspringError `cancelled`
 * @see Wortsman et al. 2022, "Model soups"
 */
export async function averagingBaseline(
  arch: Architecture,
  networks: readonly Float32Array[],
  task: PreparedTask,
  { members, draws, seed, zooErrors, bar }: BaselineOptions,
  work: PacedWork,
): Promise<Baseline | null> {
  if (networks.length < members) return null;
  const judged: Judged[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const order = new Random(seed, 'average of', members, draw).permutation(networks.length);
    const chosen = Array.from(order.subarray(0, members), (i) => networks[i] as Float32Array);
    const { networks: aligned } = await alignPopulation(chosen, arch);
    const { test, errors } = await measureNetwork(arch, meanWeights(aligned), task, work.pace);
    judged.push({ accuracy: test.accuracy, errorIoU: largestErrorIoU(errors, zooErrors) });
    await work.advance();
  }
  return {
    members,
    draws,
    accuracy: mean(judged.map(({ accuracy }) => accuracy)),
    maxErrorIoU: mean(judged.map(({ errorIoU }) => errorIoU)),
    novelAndAccurate: novelAndAccurate(judged, bar),
  };
}

function meanWeights(networks: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(networks[0]?.length ?? 0);
  for (const weights of networks) {
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (weights[i] as number);
  }
  return Float32Array.from(sum, (total) => total / networks.length);
}
