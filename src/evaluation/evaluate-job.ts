import type { Architecture } from '../network/architecture.js';
import { partOf, type ReportProgress, type Watcher } from '../pace.js';
import { checkCost, type JobLimits } from '../sampling/job-check.js';
import { sampleInPieces } from '../sampling/sample-in-pieces.js';
import type { DrawJob } from '../sampling/sample-job.js';
import type { Engine } from '../training/engine.js';
import { usualTraining } from '../zoo/usual-training.js';
import { checkSamples, reportOn, type EvaluationReport } from './evaluate.js';
import type { EvaluationContext } from './evaluation-context.js';
import { trainFresh, type FreshNetworks } from './fresh.js';
import { measureNetworks } from './measure-network.js';
import { findArchitecture } from './reference.js';
import type { ArchitectureScrutiny } from './scrutiny/architecture-scrutiny.js';
import type { SampleScrutiny, Scrutiny } from './scrutiny/scrutiny.js';
import { unseenSeed } from './zoo-record.js';

/** Trains networks to compare with. */
export type TrainComparison = (watcher: Watcher) => Promise<FreshNetworks>;

/** A report, with what a sceptic asks beside it where that was asked for. */
export interface ScrutinisedReport extends EvaluationReport {
  readonly scrutiny?: Scrutiny | SampleScrutiny;
}

export interface EvaluateJobOptions {
  /** Asked for networks to compare with once the samples are there. Default: none are trained. */
  readonly train?: TrainComparison | undefined;
  /** What else to measure. Default: nothing. */
  readonly scrutiny?:
    { readonly by: ArchitectureScrutiny; readonly of: 'samples' | 'all' } | undefined;
  readonly limits: JobLimits;
  readonly signal: AbortSignal;
  readonly report: ReportProgress;
}

/** Of networks that are trained of an architecture that the zoo has none of. */
const FRESH_SEED = 1;

/**
 * How to train networks to compare with: of an architecture outside the zoo in place of the zoo's, of
 * one inside it as held-out runs, from a seed that is not the zoo's.
 *
 * @param runs - default none
 * @param openEngine - called when they are to be trained
 * @returns undefined for none, also where the zoo's seed is not known and so could be met again
 */
export function comparisonFor(
  { reference, task, zooRecord }: EvaluationContext,
  architecture: Architecture,
  runs: number | undefined,
  openEngine: () => Promise<Engine>,
): TrainComparison | undefined {
  if (runs === undefined) return undefined;
  const isOfZoo = findArchitecture(reference, architecture) !== undefined;
  if (isOfZoo && zooRecord === null) return undefined;
  const seed = isOfZoo && zooRecord !== null ? unseenSeed(zooRecord, 'held-out runs') : FRESH_SEED;
  const training = zooRecord?.training ?? usualTraining(task, [architecture]);
  return async (watcher) => {
    const engine = await openEngine();
    return trainFresh(architecture, task, { runs, training, seed, engine }, watcher);
  };
}

/**
 * Samples a job's networks and measures them, also where the flow was measured to fail.
 *
 * @throws WeightspringError `cancelled`
 */
export async function evaluateJob(
  { sampler, reference, task }: EvaluationContext,
  job: DrawJob,
  { train, scrutiny, limits, signal, report }: EvaluateJobOptions,
): Promise<ScrutinisedReport> {
  // What a flow cannot draw it cannot tell the cost of.
  await sampler.assertDrawable(job);
  checkCost(sampler.flow(job.flow), job, limits);
  const { architecture, steps, seed } = job;
  const isOfZoo = findArchitecture(reference, architecture) !== undefined;
  const needsFresh = !isOfZoo || scrutiny?.of === 'all';
  const names = [
    'sampling',
    ...(train !== undefined && needsFresh ? ['training others'] : []),
    'measuring',
    ...(scrutiny === undefined ? [] : ['scrutinising']),
  ];
  const partNamed = (name: string): ReportProgress =>
    partOf(report, names.indexOf(name), names.length);
  const watcher = (name: string): Watcher => {
    const part = partNamed(name);
    return {
      signal,
      onProgress: (done, total) => {
        part(done, total, name);
      },
    };
  };
  const draw = () =>
    sampleInPieces(job, (piece) => sampler.sampleWeights(piece, { signal }), watcher('sampling'));
  const networks = (await draw()).map(({ weights }) => weights);
  const fresh = needsFresh ? await train?.(watcher('training others')) : undefined;
  checkSamples({ reference, architecture, networks, task });
  const measured = await measureNetworks(architecture, networks, task, watcher('measuring'));
  const own = await reportOn({ reference, architecture, task, steps, seed, fresh }, measured, {
    signal,
  });
  if (scrutiny === undefined) return own;
  const drawn = { networks, measured, fresh };
  if (scrutiny.of === 'samples') {
    return { ...own, scrutiny: await scrutiny.by.ofSamples(drawn, watcher('scrutinising')) };
  }
  // Once more, with the sessions open.
  const start = performance.now();
  await draw();
  const samplingMsPerNetwork = (performance.now() - start) / networks.length;
  const full = await scrutiny.by.full(
    { ...drawn, samplingMsPerNetwork },
    partNamed('scrutinising'),
    signal,
  );
  return { ...own, scrutiny: full };
}
