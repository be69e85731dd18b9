import { PacedWork, type Watcher } from '../pace.js';
import type { SampleJob } from './sample-job.js';

/** Networks between two progress reports: enough for a batch. */
const PIECE = 32;

/**
 * Draws a job's networks in pieces, with progress; the result equals that of a single draw.
 *
 * @param draw - the networks of a part of the job
 * @throws WeightspringError `cancelled`
 */
export async function sampleInPieces<T, J extends Pick<SampleJob, 'firstIndex' | 'count'>>(
  job: J,
  draw: (piece: J) => Promise<readonly T[]>,
  watcher: Watcher,
): Promise<readonly T[]> {
  const work = new PacedWork(job.count, watcher);
  const drawn: T[] = [];
  for (let done = 0; done < job.count; done += PIECE) {
    const count = Math.min(PIECE, job.count - done);
    drawn.push(...(await draw({ ...job, firstIndex: job.firstIndex + done, count })));
    await work.advance(count);
  }
  return drawn;
}
