import { join } from 'node:path';
import { ensure } from '../errors.js';
import { writeFileAtomic } from './atomic-write.js';
import { readTextIfPresent } from './read-file.js';

const RECORD_FILE = 'run.json';

/**
 * Claims the folder of a resumable run for one configuration: continuing it with another would mix
 * two runs.
 *
 * @param record - all that decides the outcome, as JSON
 * @throws WeightspringError `invalid-argument` when the folder holds another run
 */
export async function claimFolder(folder: string, record: unknown): Promise<void> {
  const path = join(folder, RECORD_FILE);
  const text = `${JSON.stringify(record, null, 2)}\n`;
  const known = await readTextIfPresent(path, { what: 'the record of a run' });
  ensure(
    known === null || known === text,
    'invalid-argument',
    () => `${folder} holds a run with other options or another zoo: choose another --run-dir`,
    '--run-dir',
  );
  await writeFileAtomic(path, text);
}
