import type { DataDirOptions } from '../data/data-files.js';
import type { DataDescriptor } from '../data/descriptor.js';
import type { DataSource } from '../data/load-file.js';
import { ensure, WeightspringError } from '../errors.js';
import { loadTask, type PreparedTask } from '../zoo/prepared-task.js';
import type { ZooHeader } from '../zoo/zoo.js';
import { checkSameData, type DataIdentity } from './check-same-data.js';

/** The data set that networks learnt from, as zoos and flows record it. */
export interface RecordedData extends DataIdentity {
  /** Its name. */
  readonly task: string;
  /** Absent for a built-in data set. */
  readonly descriptor?: DataDescriptor | undefined;
  readonly classNames: readonly string[];
}

/** Where to find it again. */
export interface DataFiles extends DataDirOptions, Partial<DataSource> {}

/** What a zoo records of its data. */
export function recordedData({ task, data, split }: ZooHeader): RecordedData {
  const { sha256, descriptor, classNames } = data;
  return { task, descriptor, classNames, sha256, split };
}

/**
 * Loads the data set that networks learnt from, with its encoding and split.
 *
 * @throws WeightspringError `data-missing` where its file is not named, `data-corrupt` where it is
 *   another, `invalid-argument`; as `loadTask`
 */
export async function loadKnownTask(
  recorded: RecordedData,
  files: DataFiles,
  signal?: AbortSignal,
): Promise<PreparedTask> {
  const { descriptor, classNames, split } = recorded;
  const known = descriptor && { descriptor, classNames };
  const task = await loadTask(sourceOf(recorded, files), {
    signal,
    split,
    known,
    dataDir: files.dataDir,
  });
  checkSameData(recorded, task);
  return task;
}

function sourceOf(
  { task, descriptor }: RecordedData,
  { data, target, test }: DataFiles,
): string | DataSource {
  if (descriptor === undefined) {
    ensure(
      data === undefined && target === undefined && test === undefined,
      'invalid-argument',
      () =>
        `the networks learnt from the data set '${task}', which is read from the data folder: leave ` +
        '--data, --target and --test out',
      '--data',
    );
    return task;
  }
  if (data === undefined) {
    throw new WeightspringError(
      'data-missing',
      `the networks learnt from your data set '${task}' (labels in '${descriptor.target}'): name its ` +
        `file with --data${descriptor.testRows === null ? '' : ', and that of its test rows with --test'}`,
      { field: '--data' },
    );
  }
  return { data, target, test };
}
