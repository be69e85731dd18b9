import { checkSameData, checkSameStandardisation } from '../evaluation/check-same-data.js';
import { evaluateSamples, type EvaluationReport } from '../evaluation/evaluate.js';
import { trainFresh } from '../evaluation/fresh.js';
import { readReference } from '../evaluation/read-reference.js';
import { findArchitecture, type FlowReference } from '../evaluation/reference.js';
import type { DrawJob } from '../sampling/contracts.js';
import { checkCost } from '../sampling/job-check.js';
import type { Sampler } from '../sampling/sampler.js';
import { loadTask, type PreparedTask } from '../zoo/prepared-task.js';
import { openEngine } from './engine.js';
import { COMMAND_LIMITS } from './limits.js';

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

/**
 * Samples a job's networks and measures them.
 *
 * @param fresh - networks to train of an architecture outside the zoo, to compare with; default none
 */
export async function evaluateJob(
  { sampler, reference, task }: EvaluationContext,
  job: DrawJob,
  fresh?: number,
): Promise<EvaluationReport> {
  checkCost(job, COMMAND_LIMITS);
  const { architecture, steps, seed } = job;
  const drawn = await sampler.sampleWeights(job);
  const isKnown = findArchitecture(reference, architecture) !== undefined;
  return evaluateSamples({
    reference,
    architecture,
    networks: drawn.map(({ weights }) => weights),
    task,
    steps,
    seed,
    fresh:
      isKnown || fresh === undefined
        ? undefined
        : await trainFresh(
            architecture,
            fresh,
            task,
            await openEngine('ort', sampler.device.provider),
          ),
  });
}
