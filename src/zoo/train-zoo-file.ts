import { lockFolder, type LockOptions } from '../files/lock-folder.js';
import { writeTarget } from '../files/write-target.js';
import { accessFile } from '../files/file-error.js';
import type { PreparedTask } from './prepared-task.js';
import { trainPlannedZoo, type ZooProgress, type ZooTrainingOptions } from './train-zoo.js';
import type { Zoo } from './zoo.js';
import { writeZoo } from './zoo-file.js';
import { planZoo, type ZooChoices } from './zoo-plan.js';
import { ZooRunFolder } from './zoo-run-folder.js';

export interface ZooFileOptions extends ZooTrainingOptions, LockOptions {
  /** The zoo file to write; an existing one is replaced at the end. */
  readonly out: string;
  /** {@link zooRunDir}, or another folder. Null: a stopped run is lost. */
  readonly runDir: string | null;
  /** Called first if a run is continued. */
  readonly onContinue?: ((progress: ZooProgress) => void) | undefined;
  /** The most training time that a killed process loses. Default 30 s. */
  readonly checkpointEveryMs?: number;
}

/**
 * The default folder of an unfinished zoo: `FILE.run` beside its file.
 *
 * @returns null for a pipe or a device
 */
export async function zooRunDir(out: string): Promise<string | null> {
  const target = await accessFile({ action: 'write', path: out }, () => writeTarget(out));
  return target.isWrittenInto ? null : `${target.path}.run`;
}

/**
 * Trains a zoo into a file. The same call continues a run that was killed at any point and gives the
 * same bytes. The folder of the run is deleted once the file is synced.
 *
 * @throws WeightspringError `invalid-argument` for options out of range, a folder that another
 *   process uses, or a run of other options in it; `data-corrupt` for a damaged one;
 *   `storage-failed`, `diverged`, `cancelled`
 */
export async function trainZooFile(
  task: PreparedTask,
  choices: ZooChoices,
  {
    out,
    runDir,
    onContinue,
    checkpointEveryMs = 30_000,
    supervisorPid,
    ...training
  }: ZooFileOptions,
): Promise<Zoo> {
  const plan = planZoo(task, choices, training.engine.name);
  if (runDir === null) {
    const zoo = await trainPlannedZoo(task, plan, training);
    await writeZoo(zoo, out);
    return zoo;
  }
  const lock = await lockFolder(runDir, { supervisorPid });
  try {
    const run = await ZooRunFolder.open(runDir, plan, checkpointEveryMs);
    let zoo: Zoo;
    try {
      zoo = await trainPlannedZoo(task, plan, training, { keeper: run, onContinue });
      await writeZoo(zoo, out);
    } finally {
      await run.close();
    }
    await run.remove();
    await lock.removeFolder();
    return zoo;
  } finally {
    lock.release();
  }
}
