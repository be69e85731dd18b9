import { join } from 'node:path';
import { ensure } from '../errors.js';
import { writeFileAtomic } from './atomic-write.js';
import { differences } from './differences.js';
import { readTextIfPresent } from './read-file.js';

/** The file in the folder of a run that records its options. */
export const RECORD_FILE = 'run.json';

/** Differences listed in a message; the others are counted. */
const NAMED = 3;

/**
 * Claims the folder of a resumable run for one configuration: with another, two runs would mix.
 *
 * @param record - everything that determines the outcome, as JSON
 * @throws WeightspringError `invalid-argument`, listing the differences, if the folder holds another
 *   run
 */
export async function claimFolder(folder: string, record: unknown): Promise<void> {
  const path = join(folder, RECORD_FILE);
  const text = `${JSON.stringify(record, null, 2)}\n`;
  const known = await readTextIfPresent(path, { what: 'the record of a run' });
  ensure(
    known === null || known === text,
    'invalid-argument',
    () =>
      `${folder} holds another run: ${whatDiffers(known ?? '', text)}; repeat the options of that ` +
      'run to continue it, choose another --run-dir, or delete the folder to start over',
    '--run-dir',
  );
  await writeFileAtomic(path, text);
}

function whatDiffers(known: string, wanted: string): string {
  let record: unknown;
  try {
    record = JSON.parse(known);
  } catch {
    return `its ${RECORD_FILE} is damaged`;
  }
  const all = differences(record, JSON.parse(wanted));
  // The same record in another order or layout, as written by an earlier release.
  if (all.length === 0) return `its ${RECORD_FILE} is of an earlier release`;
  const more = all.length - NAMED;
  return all.slice(0, NAMED).join(', ') + (more > 0 ? `, and ${more} more` : '');
}
