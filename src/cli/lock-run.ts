import { lockFolder, type FolderLock } from '../files/lock-folder.js';
import { supervisorPid } from './supervisor-link.js';

/** Locks a run folder for this command, under the id of the process that users can signal. */
export function lockRun(folder: string): Promise<FolderLock> {
  return lockFolder(folder, { supervisorPid: supervisorPid() });
}
