import type { Architecture } from '../network/architecture.js';
import type { PacedWork } from '../pace.js';
import type { ErrorSet } from '../zoo/error-set.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { measureNetwork } from './measure-network.js';
import { largestErrorIoU, novelAndAccurate, type Judged, type NoveltyBar } from './novelty.js';
import { mean } from './population-metrics.js';
import { alignedAverage } from './scrutiny/aligned-average.js';

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
  /** Fraction of the draws, as for samples. */
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
 * Measures means of `members` aligned networks, as `alignedAverage` draws them.
 *
 * @param networks - flat weights of trained networks
 * @param work - advances by a unit for every draw
 * @returns null where there are fewer networks than `members`
 * @throws WeightspringError `cancelled`
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
    const average = await alignedAverage(arch, networks, members, { seed, draw });
    const { test, errors } = await measureNetwork(arch, average, task, work.pace);
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
