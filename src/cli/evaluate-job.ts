import { checkSameData, checkSameStandardisation } from '../evaluation/check-same-data.js';
import { evaluateSamples, type EvaluationReport } from '../evaluation/evaluate.js';
import { trainFresh } from '../evaluation/fresh.js';
import { readReference } from '../evaluation/read-reference.js';
import { findArchitecture, type FlowReference } from '../evaluation/reference.js';
import type { Watcher } from '../pace.js';
import type { DrawJob } from '../sampling/contracts.js';
import { checkCost } from '../sampling/job-check.js';
import type { Sampler } from '../sampling/sampler.js';
import { loadTask, type PreparedTask } from '../zoo/prepared-task.js';
import { openEngine } from './engine.js';
import { COMMAND_LIMITS } from './limits.js';
import { partOf, type ReportProgress } from './progress.js';
import { sampleInPieces } from './sample-in-pieces.js';

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

export interface EvaluateJobOptions {
  /** Networks to train of an architecture outside the zoo, to compare with. Default: none. */
  readonly fresh?: number | undefined;
  readonly signal: AbortSignal;
  readonly report: ReportProgress;
}

/**
 * Samples a job's networks and measures them.
 *
 * @throws WeightspringError `cancelled`
 */
export async function evaluateJob(
  { sampler, reference, task }: EvaluationContext,
  job: DrawJob,
  { fresh, signal, report }: EvaluateJobOptions,
): Promise<EvaluationReport> {
  checkCost(sampler.flow(job.flow), job, COMMAND_LIMITS);
  const { architecture, steps, seed } = job;
  const isKnown = findArchitecture(reference, architecture) !== undefined;
  const trains = isKnown ? undefined : fresh;
  const stages = trains === undefined ? 2 : 3;
  const watcher = (stage: number, note: string): Watcher => {
    const part = partOf(report, stage, stages);
    return {
      signal,
      onProgress: (done, total) => {
        part(done, total, note);
      },
    };
  };
  const networks = await sampleInPieces(
    job,
    (piece) => sampler.sampleWeights(piece, { signal }),
    watcher(0, 'sampling'),
  );
  const trained =
    trains === undefined
      ? undefined
      : await trainFresh(
          architecture,
          trains,
          task,
          await openEngine('ort', sampler.device.provider),
          watcher(1, 'training others'),
        );
  return evaluateSamples(
    {
      reference,
      architecture,
      networks: networks.map(({ weights }) => weights),
      task,
      steps,
      seed,
      fresh: trained,
    },
    watcher(stages - 1, 'measuring'),
  );
}
