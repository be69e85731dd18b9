import { Option, type Command } from 'commander';
import { duplicatesInTest } from '../data/duplicates.js';
import { BUILT_IN_DATASETS } from '../data/load-dataset.js';
import type { DataSource } from '../data/load-file.js';
import { ensure } from '../errors.js';
import type { DataFiles } from '../evaluation/known-task.js';
import { loadTask, type PreparedTask, type TaskOptions } from '../zoo/prepared-task.js';
import { dataDirOption, parsePath } from './options.js';
import { say } from './output.js';

/** Flags that name a data set. */
export interface TaskFlags extends DataFiles {
  readonly task: string;
}

/** Options that name the files of a data set of the user's. */
export function addFileOptions(command: Command): Command {
  return command
    .option(
      '--data <file>',
      'a data set of your own: CSV or TSV, Parquet, .npz with X and y, JSON, or IDX images',
      parsePath,
    )
    .option(
      '--target <column>',
      'its column of labels; of .npz the array (default y), of IDX the file of labels',
    )
    .option(
      '--test <file>',
      'file of its test rows; default: a part of the split, with the same share of each class',
      parsePath,
    );
}

/** Options that say where the data set is that networks learnt from. */
export function addDataOptions(command: Command): Command {
  return addFileOptions(command).addOption(dataDirOption());
}

/** Options that name any data set. */
export function addTaskOptions(command: Command): Command {
  return addDataOptions(
    command.addOption(
      new Option('--task <name>', 'data set').choices(BUILT_IN_DATASETS).default('wdbc'),
    ),
  );
}

/** The data set that flags name, with what was found in its files told line by line. */
export async function chosenTask(
  { task, data, target, test, dataDir }: TaskFlags,
  options: Pick<TaskOptions, 'signal' | 'split'>,
): Promise<PreparedTask> {
  ensure(
    data !== undefined || (target === undefined && test === undefined),
    'invalid-argument',
    () => '--target and --test say more about the file of --data: name it too',
    '--data',
  );
  if (data === undefined) return loadTask(task, { ...options, dataDir });
  const source: DataSource = { data, target, test };
  const prepared = await loadTask(source, { ...options, tell: say });
  const { split } = prepared;
  const duplicates = duplicatesInTest(prepared, split);
  if (duplicates > 0) {
    say(
      `${duplicates} of ${split.test.length} test rows are like a training row: figures on them say ` +
        'more than they should',
    );
  }
  return prepared;
}
