import type { Architecture } from '../network/architecture.js';
import { checkSameData, checkSameStandardisation } from './check-same-data.js';
import { evaluateSamples, type EvaluationReport } from './evaluate.js';
import { trainFresh, type FreshNetworks } from './fresh.js';
import { readReference } from './read-reference.js';
import { findArchitecture, type FlowReference } from './reference.js';
import { partOf, type ReportProgress, type Watcher } from '../pace.js';
import type { DrawJob } from '../sampling/sample-job.js';
import { checkCost, type JobLimits } from '../sampling/job-check.js';
import type { Sampler } from '../sampling/sampler.js';
import { loadTask, type PreparedTask } from '../zoo/prepared-task.js';
import { sampleInPieces } from '../sampling/sample-in-pieces.js';
import type { Engine } from '../training/engine.js';

/** What every evaluation of one flow shares. */
export interface EvaluationContext {
  readonly sampler: Sampler;
  readonly reference: FlowReference;
  readonly task: PreparedTask;
}

/**
 * Reads the flow's reference and its data set with the zoo's split.
 *
 * @throws WeightspringError where they are not what the flow was trained on
 */
export async function openEvaluation(
  sampler: Sampler,
  modelsDir: string,
  flow: string,
  dataDir: string | undefined,
): Promise<EvaluationContext> {
  const reference = await readReference(modelsDir, flow);
  const task = await loadTask(reference.task, {
    split: reference.split,
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  checkSameData(reference, task);
  const summary = sampler.flows().find(({ name }) => name === flow);
  if (summary !== undefined) {
    const { inputMean: mean, inputScale: scale } = summary;
    checkSameStandardisation({ mean, scale }, task);
  }
  return { sampler, reference, task };
}

/** Trains networks to compare with. */
export type TrainComparison = (watcher: Watcher) => Promise<FreshNetworks>;

export interface EvaluateJobOptions {
  /** Asked for networks to compare with once the samples are there. Default: none are trained. */
  readonly train?: TrainComparison | undefined;
  readonly limits: JobLimits;
  readonly signal: AbortSignal;
  readonly report: ReportProgress;
}

/**
 * How to train networks to compare with, of an architecture that the zoo has none of.
 *
 * @param runs - default none
 * @param openEngine - called when they are to be trained
 */
export function comparisonFor(
  { reference, task }: EvaluationContext,
  architecture: Architecture,
  runs: number | undefined,
  openEngine: () => Promise<Engine>,
): TrainComparison | undefined {
  if (runs === undefined || findArchitecture(reference, architecture) !== undefined) {
    return undefined;
  }
  return async (watcher) => trainFresh(architecture, runs, task, await openEngine(), watcher);
}

/**
 * Samples a job's networks and measures them, also where the flow was measured to fail.
 *
 * @throws WeightspringError `cancelled`
 */
export async function evaluateJob(
  { sampler, reference, task }: EvaluationContext,
  job: DrawJob,
  { train, limits, signal, report }: EvaluateJobOptions,
): Promise<EvaluationReport> {
  // What a flow cannot draw it cannot tell the cost of.
  await sampler.assertDrawable(job);
  checkCost(sampler.flow(job.flow), job, limits);
  const { architecture, steps, seed } = job;
  const stages = train === undefined ? 2 : 3;
  const watcher = (stage: number, note: string): Watcher => {
    const part = partOf(report, stage, stages);
    return {
      signal,
      onProgress: (done, total) => {
        part(done, total, note);
      },
    };
  };
  const drawn = await sampleInPieces(
    job,
    (piece) => sampler.sampleWeights(piece, { signal }),
    watcher(0, 'sampling'),
  );
  const networks = drawn.map(({ weights }) => weights);
  const fresh = await train?.(watcher(1, 'training others'));
  return evaluateSamples(
    { reference, architecture, networks, task, steps, seed, fresh },
    watcher(stages - 1, 'measuring'),
  );
}
