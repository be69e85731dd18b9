import { PacedWork, type Watcher } from '../pace.js';
import type { SampleJob } from './sample-job.js';

/** Networks between two progress reports: enough for a batch. */
const PIECE = 32;

type Counted = Pick<SampleJob, 'firstIndex' | 'count'>;

/** Parts of a job, whose networks together are those of the job. */
export function* piecesOf<J extends Counted>(job: J): Generator<J, void> {
  for (let done = 0; done < job.count; done += PIECE) {
    const count = Math.min(PIECE, job.count - done);
    yield { ...job, firstIndex: job.firstIndex + done, count };
  }
}

/**
 * Draws a job's networks in pieces, with progress; the result equals that of a single draw.
 *
 * @param draw - the networks of a part of the job
 * @throws WeightspringError `cancelled`
 */
export async function sampleInPieces<T, J extends Counted>(
  job: J,
  draw: (piece: J) => Promise<readonly T[]>,
  watcher: Watcher,
): Promise<readonly T[]> {
  const work = new PacedWork(job.count, watcher);
  const drawn: T[] = [];
  for (const piece of piecesOf(job)) {
    drawn.push(...(await draw(piece)));
    await work.advance(piece.count);
  }
  return drawn;
}
