import { ensure } from '../errors.js';
import { architectureIn } from '../network/architecture.js';
import { PacedWork, type Watcher } from '../pace.js';
import type { ErrorSet } from '../zoo/error-set.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import type { FinalRecord, Zoo } from '../zoo/zoo.js';
import { averagingBaseline, type Baseline } from './baselines.js';
import { checkSameData } from './check-same-data.js';
import { independentErrorIoUs, novelAndAccurate } from './novelty.js';
import { MANY_ROWS, measuredErrors } from './measured-rows.js';
import { mean, populationMetrics } from './population-metrics.js';
import { encodeErrorSets } from './error-sets.js';
import type { FlowReference, ReferenceArchitecture } from './reference.js';

/** So many aligned networks are averaged, so many times per architecture. */
interface BaselineSize {
  readonly members: number;
  readonly draws: number;
}

/** On a data set of many rows, each of which takes long, fewer midpoints have to do. @internal tests */
export function baselineSizes(
  rows: number,
  interpolations: number = rows > MANY_ROWS ? 16 : 64,
): Readonly<Record<'interpolation' | 'soup', BaselineSize>> {
  return {
    interpolation: { members: 2, draws: interpolations },
    soup: { members: 16, draws: 8 },
  };
}

type BaselineSizes = ReturnType<typeof baselineSizes>;

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
  interpolations?: number,
): Promise<FlowReference> {
  const { header } = zoo;
  const sizes = baselineSizes(header.data.rows, interpolations);
  checkSameData({ sha256: header.data.sha256, split: header.split }, task);
  const finals = zoo.architectures.map((_, index) =>
    zoo.finalsOf(index).map((final) => ({ ...final, errors: measuredErrors(final.errors, task) })),
  );
  const zooErrors = finals.flat().map(({ errors }) => errors);
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
      await referenceArchitecture(zoo, index, records, { overlaps, zooErrors }, task, sizes, work),
    );
  }
  return {
    formatVersion: 2,
    task: header.task,
    sha256: header.data.sha256,
    rows: header.data.rows,
    split: header.split,
    architectures,
  };
}

interface ZooErrors {
  /** Each final network's largest overlap with another one. */
  readonly overlaps: ReadonlyMap<FinalRecord, number>;
  /** Of all final networks. */
  readonly zooErrors: readonly ErrorSet[];
}

async function referenceArchitecture(
  zoo: Zoo,
  index: number,
  records: readonly FinalRecord[],
  { overlaps, zooErrors }: ZooErrors,
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
    errorSets: encodeErrorSets(
      records.map(({ errors }) => errors),
      zoo.header.data.rows,
    ),
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
