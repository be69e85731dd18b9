import { loadKnownTask, recordedData, type DataFiles } from '../evaluation/known-task.js';
import type { PreparedTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';

/** The data set of a zoo. Read first: nobody should train for hours to learn that it is missing. */
export function zooTask(
  { header }: Zoo,
  files: DataFiles,
  signal?: AbortSignal,
): Promise<PreparedTask> {
  return loadKnownTask(recordedData(header), files, signal);
}
