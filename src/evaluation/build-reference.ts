import { ensure } from '../errors.js';
import { architectureIn } from '../network/architecture.js';
import { PacedWork, type Watcher } from '../pace.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import type { FinalRecord, Zoo } from '../zoo/zoo.js';
import { averagingBaseline, type Baseline } from './baselines.js';
import { checkSameData } from './check-same-data.js';
import { independentErrorIoUs, novelAndAccurate } from './novelty.js';
import { mean, populationMetrics } from './population-metrics.js';
import { encodeErrorSet, type FlowReference, type ReferenceArchitecture } from './reference.js';

/** Midpoints of two aligned networks that are drawn per architecture. */
export const INTERPOLATIONS = { members: 2, draws: 64 } as const;

/** Averages of sixteen aligned networks that are drawn per architecture. */
export const SOUPS = { members: 16, draws: 8 } as const;

interface BaselineSize {
  readonly members: number;
  readonly draws: number;
}

/** How many averages of each kind are measured. */
type BaselineSizes = Readonly<Record<'interpolation' | 'soup', BaselineSize>>;

/**
 * Measures a zoo once for all evaluations of flows over it.
 *
 * @param task - the data set and split that the zoo was trained with
 * @param watcher - hears of every average of networks that is measured
 * @param interpolations - midpoints that are drawn per architecture
 * @throws WeightspringError `data-corrupt` for another data set, `invalid-argument` for another
 * split or an architecture without final networks, `cancelled`
 */
export async function buildReference(
  zoo: Zoo,
  task: PreparedTask,
  watcher: Watcher = {},
  interpolations: number = INTERPOLATIONS.draws,
): Promise<FlowReference> {
  const sizes = { interpolation: { ...INTERPOLATIONS, draws: interpolations }, soup: SOUPS };
  const { header } = zoo;
  checkSameData({ sha256: header.data.sha256, split: header.split }, task);
  const finals = zoo.architectures.map((_, index) => zoo.finalsOf(index));
  // Copies may come from any network of the zoo, so overlaps are taken over all architectures.
  const overlaps = overlapsByFinal(finals.flat());
  const draws = finals.flatMap((records) =>
    Object.values(sizes).map((size) => drawsOf(size, records.length)),
  );
  const work = new PacedWork(
    draws.reduce((sum, count) => sum + count, 0),
    watcher,
  );
  const architectures: ReferenceArchitecture[] = [];
  for (const [index, records] of finals.entries()) {
    architectures.push(
      await referenceArchitecture(zoo, index, records, overlaps, task, sizes, work),
    );
  }
  return {
    formatVersion: 1,
    task: header.task,
    sha256: header.data.sha256,
    rows: header.data.rows,
    split: header.split,
    architectures,
  };
}

async function referenceArchitecture(
  zoo: Zoo,
  index: number,
  records: readonly FinalRecord[],
  overlaps: ReadonlyMap<FinalRecord, number>,
  task: PreparedTask,
  sizes: BaselineSizes,
  work: PacedWork,
): Promise<ReferenceArchitecture> {
  const arch = zoo.architectures[index];
  ensure(
    arch !== undefined && records.length > 0,
    'invalid-argument',
    () => `architecture ${index} of the zoo has no completely trained network`,
  );
  const metrics = populationMetrics(records.map(({ test }) => test));
  const errorIoUs = records.flatMap((record) => overlaps.get(record) ?? []);
  const independent = errorIoUs.length === 0 ? null : mean(errorIoUs);
  // Without a second network nothing is known to be too near: every overlap is allowed.
  const bar = { accuracy: metrics.accuracy.mean, errorIoU: independent ?? 1 };
  const networks = zoo.finalNetworksOf(index).map(({ weights }) => weights);
  const zooErrors = zoo.finals.map(({ errors }) => errors);
  const baseline = (size: BaselineSize): Promise<Baseline | null> =>
    averagingBaseline(
      arch,
      networks,
      task,
      { ...size, seed: zoo.header.seed, zooErrors, bar },
      work,
    );
  const judged = records.map(({ test }, i) => ({
    accuracy: test.accuracy,
    errorIoU: errorIoUs[i] ?? 0,
  }));
  return {
    ...architectureIn(arch),
    runs: records.length,
    ...metrics,
    errorSets: records.map(({ errors }) => encodeErrorSet(errors)),
    independentMaxErrorIoU: independent,
    independentNovelAndAccurate: independent === null ? null : novelAndAccurate(judged, bar),
    baselines: {
      interpolation: await baseline(sizes.interpolation),
      soup: await baseline(sizes.soup),
    },
  };
}

/** Averages that are drawn from so many networks. */
function drawsOf({ members, draws }: BaselineSize, networks: number): number {
  return networks < members ? 0 : draws;
}

/** Each final network's largest overlap with another one; empty where there is no other. */
function overlapsByFinal(finals: readonly FinalRecord[]): ReadonlyMap<FinalRecord, number> {
  if (finals.length < 2) return new Map();
  const largest = independentErrorIoUs(finals.map(({ errors }) => errors));
  return new Map(finals.map((final, i) => [final, largest[i] as number]));
}
