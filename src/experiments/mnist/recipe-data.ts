import type { InputMetric } from '../../flow/input-metric.js';
import { fitInputSpectrum, inputMetricOf } from '../../training/fit-input-metric.js';
import { keepInputMetric, keptInputMetric } from '../../training/kept-input-metric.js';
import { partData, type PreparedTask } from '../../zoo/prepared-task.js';
import type { ExperimentRun } from '../experiment-run.js';
import type { MnistBudget } from './budget.js';

/** What flows are trained with beside the zoo: the input metric, fitted once, and rows. */
export async function recipeData(
  run: ExperimentRun,
  task: PreparedTask,
  { rank, metricRows }: Pick<MnistBudget, 'rank' | 'metricRows'>,
): Promise<{ readonly inputMetric: InputMetric; readonly rows: Float32Array }> {
  const rows = partData(task, 'train').features;
  const folder = run.path('training');
  const origin = { rank, metricRows, data: task.sha256, split: task.splitOptions };
  const kept = await keptInputMetric(folder, origin);
  if (kept !== null) return { inputMetric: kept, rows };
  const features = task.featureNames.length;
  const fitted = rows.subarray(0, metricRows * features);
  const spectrum = await fitInputSpectrum(fitted, features, run.watcher('input metric'));
  const inputMetric = inputMetricOf(spectrum, rank);
  await keepInputMetric(folder, inputMetric, origin);
  return { inputMetric, rows };
}
