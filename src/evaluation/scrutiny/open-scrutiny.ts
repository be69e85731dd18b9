import type { DrawJob } from '../../sampling/sample-job.js';
import type { Engine } from '../../training/engine.js';
import type { EvaluationContext } from '../evaluation-context.js';
import { ArchitectureScrutiny } from './architecture-scrutiny.js';

/**
 * A scrutiny of the samples of a job's architecture.
 *
 * @param openEngine - called when networks are to be trained
 * @throws WeightspringError `cancelled` once the signal is aborted
 */
export async function openScrutiny(
  { reference, task, zooRecord, zooRuns }: EvaluationContext,
  { architecture, seed, count }: Pick<DrawJob, 'architecture' | 'seed' | 'count'>,
  openEngine: () => Promise<Engine>,
  signal?: AbortSignal,
): Promise<ArchitectureScrutiny> {
  return new ArchitectureScrutiny({
    architecture,
    task,
    reference,
    zooRuns: await zooRuns(architecture, signal),
    zooRecord,
    samples: count,
    seed,
    openEngine,
  });
}
