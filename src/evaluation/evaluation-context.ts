import { flowFolder } from '../flows/flow-folder.js';
import { openFlow } from '../flows/flow-store.js';
import type { ModelsDir } from '../flows/models-dir.js';
import { readNovelty } from '../flows/novelty-file.js';
import type { Sampler } from '../sampling/sampler.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import { checkSameStandardisation } from './check-same-data.js';
import { loadKnownTask, type DataFiles } from './known-task.js';
import { readReference } from './read-reference.js';
import type { FlowReference } from './reference.js';
import { zooRecordOf, type ZooRecord } from './zoo-record.js';
import { readZooOf, runsOfFlow, runsOfZoo, type ZooRunsOf } from './zoo-runs.js';

/** What every evaluation of one flow shares. */
export interface EvaluationContext {
  readonly sampler: Sampler;
  readonly reference: FlowReference;
  readonly task: PreparedTask;
  /** How the zoo was trained; null where the flow does not record it. */
  readonly zooRecord: ZooRecord | null;
  /** The zoo's networks. */
  readonly zooRuns: ZooRunsOf;
}

export interface EvaluationFiles extends DataFiles {
  /** The zoo that the flow was trained on. Default: the networks that the flow's folder keeps. */
  readonly zoo?: string | undefined;
}

/**
 * Reads the flow's reference and its data set with the zoo's split.
 *
 * @throws WeightspringError where they are not what the flow was trained on
 */
export async function openEvaluation(
  sampler: Sampler,
  modelsDir: ModelsDir,
  flow: string,
  { zoo, ...files }: EvaluationFiles = {},
): Promise<EvaluationContext> {
  const reference = await readReference(modelsDir, flow);
  const folder = await flowFolder(modelsDir, flow);
  const { config, coordinates } = await openFlow(folder);
  const { data: descriptor, classNames } = config;
  const task = await loadKnownTask({ ...reference, descriptor, classNames }, files);
  const { inputMean: mean, inputScale: scale } = sampler.flow(flow);
  checkSameStandardisation({ mean, scale }, task);
  const zooRecord = zooRecordOf(config);
  const zooRuns =
    zoo === undefined
      ? runsOfFlow(config, await readNovelty(folder, config, coordinates), coordinates.inputMetric)
      : runsOfZoo(await readZooOf(zoo, zooRecord, task), coordinates);
  return { sampler, reference, task, zooRecord, zooRuns };
}
