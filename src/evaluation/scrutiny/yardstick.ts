import type { Architecture } from '../../network/architecture.js';
import { createPace, PacedWork, type Pace, type Watcher } from '../../pace.js';
import { accuracyOn, type ErrorSet } from '../../zoo/error-set.js';
import { evaluateInPieces } from '../../zoo/evaluate-networks.js';
import { meanPairwiseDivergence, probabilities } from '../../zoo/metrics.js';
import { partData, type PreparedTask } from '../../zoo/prepared-task.js';
import { averagedAccuracy, averagingCurve, type AveragingPoint } from '../averaging.js';
import { testLabels } from '../measure-network.js';
import { largestErrorIoU } from '../novelty.js';
import type { NoveltyScale } from '../../novelty/novelty-scale.js';
import { mean } from '../population-metrics.js';
import { MOST_AVERAGED } from './averages.js';
import { barsOf, type Bars } from './bars.js';
import { contender } from './contender.js';
import { meanPairwiseOverlap, type Diversity } from './diversity.js';
import type { Member } from './member.js';
import type { RunDistances } from './run-distances.js';
import type { TrainedScrutiny, TrainedSource } from './scrutiny.js';

/** Trained networks of one architecture, as far as they are at hand. */
export interface TrainedNetworks {
  readonly source: TrainedSource;
  /** Flat weights, one network a run. */
  readonly networks: readonly Float32Array[];
}

export interface YardstickOptions {
  readonly architecture: Architecture;
  readonly task: PreparedTask;
  /** Error sets of the zoo's final networks of this architecture, else of freshly trained ones. */
  readonly trainedErrors: readonly ErrorSet[];
  /** Whether these are the zoo's. */
  readonly isOfZoo: boolean;
  /** Error sets of all final networks of the zoo; where the trained ones are the zoo's, with these. */
  readonly zooErrors: readonly ErrorSet[];
  readonly trained: TrainedNetworks | null;
  readonly distances: RunDistances | null;
  /** Samples that will be compared: averages are over as many trained networks. */
  readonly samples: number;
}

/** What samples and nulls of one architecture are compared with. */
export interface Yardstick {
  readonly architecture: Architecture;
  readonly task: PreparedTask;
  readonly zooErrors: readonly ErrorSet[];
  /** Null without trained networks. */
  readonly bars: { readonly test: Bars; readonly validation: Bars } | null;
  readonly distances: RunDistances | null;
  readonly scale: NoveltyScale | null;
  readonly trained: TrainedScrutiny | null;
  readonly trainedCurve: readonly AveragingPoint[];
}

/**
 * Measures the trained networks of an architecture once for all samples of it.
 *
 * @param watcher - hears of every network
 * @throws WeightspringError `cancelled`
 */
export async function openYardstick(
  options: YardstickOptions,
  watcher: Watcher = {},
): Promise<Yardstick> {
  const { architecture, task, trainedErrors, zooErrors, trained, distances } = options;
  const scale = distances?.scale ?? null;
  const bars =
    trainedErrors.length === 0
      ? null
      : {
          test: barsOf(trainedErrors, task.split.test),
          validation: barsOf(trainedErrors, task.split.validation),
        };
  const probs =
    trained === null ? [] : await testProbabilities(architecture, trained, task, watcher);
  const pace = createPace(watcher.signal);
  const zoo =
    bars === null || !options.isOfZoo
      ? null
      : contender(await zooMembers(options, pace), { bars: bars.test, scale });
  return {
    architecture,
    task,
    zooErrors,
    bars,
    distances,
    scale,
    trained:
      trained === null
        ? null
        : {
            source: trained.source,
            runs: trained.networks.length,
            zoo,
            diversity: await diversityOf(probs, trainedErrors, task, options.samples, pace),
          },
    trainedCurve: probs.length === 0 ? [] : await averagingCurve(probs, testLabels(task), pace),
  };
}

/** The distance of a network to the nearest trained run; null where there is none. */
export function distanceOf(
  { distances }: Pick<Yardstick, 'distances'>,
  weights: Float32Array | undefined,
): number | null {
  return weights === undefined ? null : (distances?.nearest(weights) ?? null);
}

/**
 * How much several networks differ.
 *
 * @param probs - `[test rows, classes]` each
 * @param errors - of the same networks
 * @param others - networks that these are compared with: as many are averaged as both have
 * @returns null for fewer than two networks
 */
export async function diversityOf(
  probs: readonly Float64Array[],
  errors: readonly ErrorSet[],
  { split, labels, classNames, ...task }: PreparedTask,
  others: number,
  pace: Pace,
): Promise<Diversity | null> {
  if (probs.length < 2 || errors.length < 2) return null;
  const averaged = Math.max(1, Math.min(probs.length, others));
  const rows = testLabels({ ...task, split, labels, classNames });
  const members = probs.slice(0, averaged);
  return {
    networks: probs.length,
    divergence: await meanPairwiseDivergence(probs, rows.length, pace),
    errorOverlap: await meanPairwiseOverlap(errors, pace),
    averagingGain:
      averagedAccuracy(members, rows) - mean(members.map((one) => averagedAccuracy([one], rows))),
    averaged,
  };
}

async function testProbabilities(
  architecture: Architecture,
  { networks }: TrainedNetworks,
  task: PreparedTask,
  watcher: Watcher,
): Promise<readonly Float64Array[]> {
  const { features, labels } = partData(task, 'test');
  const chosen = networks.slice(0, MOST_AVERAGED);
  const work = new PacedWork(chosen.length, watcher);
  const probs: Float64Array[] = [];
  for (const weights of chosen) {
    const logits = await evaluateInPieces(architecture, weights, features, work.pace);
    probs.push(probabilities(logits, labels.length));
    await work.advance();
  }
  return probs;
}

/** The runs of the zoo, each compared with all others. */
async function zooMembers(
  { trainedErrors, zooErrors, task: { split }, distances }: YardstickOptions,
  pace: Pace,
): Promise<readonly Member[]> {
  const members: Member[] = [];
  for (const [run, errors] of trainedErrors.entries()) {
    const others = zooErrors.filter((other) => other !== errors);
    members.push({
      accuracy: accuracyOn(split.test, errors),
      crossEntropy: null,
      validationAccuracy: accuracyOn(split.validation, errors),
      errorIoU: others.length === 0 ? null : largestErrorIoU(errors, others),
      distance: distances?.leaveOneOut.get(run) ?? null,
    });
    await pace();
  }
  return members;
}
