import type { InputMetric } from '../../flow/input-metric.js';
import { fitInputSpectrum, inputMetricOf } from '../../training/fit-input-metric.js';
import { keepInputMetric, keptInputMetric } from '../../training/kept-input-metric.js';
import { partData, type PreparedTask } from '../../zoo/prepared-task.js';
import type { ExperimentRun } from '../experiment-run.js';

/**
 * The input metric of all flows of a run: computed once, then read from its folder.
 *
 * @param directions - or all features where there are fewer
 * @throws WeightspringError `invalid-argument` for more directions than the data vary in, `cancelled`
 */
export async function scalingMetric(
  run: ExperimentRun,
  task: PreparedTask,
  directions: number,
): Promise<InputMetric> {
  const features = task.featureNames.length;
  const rank = Math.min(directions, features);
  const [folder, origin] = [run.path('metric'), { rank, data: task.sha256 }];
  const kept = await keptInputMetric(folder, origin);
  if (kept !== null) return kept;
  const { features: rows } = partData(task, 'train');
  const spectrum = await fitInputSpectrum(rows, features, run.watcher('input metric'));
  const metric = inputMetricOf(spectrum, rank);
  await keepInputMetric(folder, metric, origin);
  return metric;
}
