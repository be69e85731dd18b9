import { checkSameData } from '../evaluation/check-same-data.js';
import { loadTask, type PreparedTask } from '../zoo/prepared-task.js';
import type { Zoo } from '../zoo/zoo.js';

/** The data set of a zoo. Read first: nobody should train for hours to learn that it is missing. */
export async function zooTask(
  { header }: Zoo,
  dataDir: string | undefined,
  signal?: AbortSignal,
): Promise<PreparedTask> {
  const task = await loadTask(header.task, {
    signal,
    split: header.split,
    ...(dataDir === undefined ? {} : { dataDir }),
  });
  checkSameData({ sha256: header.data.sha256, split: header.split }, task);
  return task;
}
